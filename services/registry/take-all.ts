/** Takes what another registry told of many instances: what can't be taken of one says nothing of the others. */
import { asMeshError } from '../../framework/index.js';
import type { TellPeerNews } from './peer-link.js';
import type { Page } from './peer-messages.js';
import type { Account, Replicas } from './replicas.js';

/** Returns what is known better here. */
export function takeAll(
  replicas: Replicas,
  told: Pick<Page, 'replicas' | 'gone'>,
  peer: string,
  tell: TellPeerNews,
): readonly Account[] {
  const better: Account[] = [];
  const refused: string[] = [];
  const take = (merge: () => Account): void => {
    try {
      const account = merge();
      if (account.replica !== undefined || account.gone !== undefined) better.push(account);
    } catch (error) {
      refused.push(asMeshError(error).message);
    }
  };
  for (const each of told.gone) take(() => replicas.bury(each));
  for (const each of told.replicas) take(() => replicas.merge(each));
  const [reason] = refused;
  if (reason !== undefined) tell({ kind: 'peer-refused', peer, reason, count: refused.length });
  return better;
}
