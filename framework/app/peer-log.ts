/** What is logged of peers. */
import type { Logger } from 'pino';
import type { PeerListener } from '../discovery/index.js';

/** Peers that come and go are for the operator; where a single call goes is for who looks for it. */
export function peerLog(logger: Logger): PeerListener {
  return (news) => {
    const { kind } = news;
    if (kind === 'waits') return logger.debug({ method: news.method }, 'call waits for a peer');
    if (kind === 'registry') {
      const { registry, role, ok } = news;
      if (ok) return logger.info({ registry }, role === 'watch' ? 'registry tells who is there' : 'registered');
      const what = role === 'watch' ? 'registry is away: what is known holds' : 'not registered any more';
      return logger.warn({ registry, reason: news.error?.message }, what);
    }
    if (kind === 'override') return logger.warn({ status: news.status }, 'an operator has set the status');
    if (kind === 'memory')
      return logger.error({ path: news.path, err: news.error }, 'where others are can not be kept in a file');
    const { peer } = news;
    if (kind === 'up')
      return news.again ? logger.info({ peer }, 'peer is up again') : logger.debug({ peer }, 'peer is up');
    if (kind === 'readmitted') return logger.info({ peer, service: news.service }, 'peer gets calls again');
    const { error } = news;
    if (kind === 'ejected')
      return logger.warn(
        { peer, service: news.service, reason: error.message },
        'peer gets no calls: it fails at them',
      );
    if (kind === 'down') return logger.warn({ peer, reason: error.message }, 'peer is down');
    const { method, to } = news;
    logger.debug({ method, peer, to, reason: error.message }, 'call goes elsewhere');
  };
}
