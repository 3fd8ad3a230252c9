/** A client's side of TLS, for TCP and WebSocket alike. */
import { isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { firstValueFrom } from 'rxjs';
import { asMeshError, meshError } from '../../framework/kernel.js';
import { type TlsCredentials, credentialsOf } from './credentials.js';
import type { Address, Remote } from './link.js';
import { commonTls, type IdentityOf, type TlsSettings } from './tls-options.js';

export interface Dialling {
  /** The protocol that is to be spoken. */
  readonly alpn: string;
  /** For messages. */
  readonly name: string;
  readonly stop: AbortSignal | undefined;
}

/**
 * The socket once its handshake is done, with the latest credentials. Else it is destroyed, and the error, Unavailable and
 * `MILLRACE_TLS`, says why: nothing has been sent.
 */
export async function secured(
  socket: Socket,
  settings: TlsSettings,
  { host, port }: Address,
  { alpn, name, stop }: Dialling,
): Promise<{ readonly socket: TLSSocket; readonly remote: Remote }> {
  try {
    const identityOf = await settings.peer?.prepare();
    const options = await optionsOf(settings, host, identityOf);
    const secure = await greeted({ ...commonTls(settings, alpn), ...options, socket }, stop);
    const certificate = secure.getPeerX509Certificate()?.raw;
    const identity = certificate === undefined ? undefined : identityOf?.(certificate);
    return { socket: secure, remote: { address: `${host}:${port}`, certificate, identity } };
  } catch (cause) {
    socket.destroy();
    throw meshError('Unavailable', `${name}: ${asMeshError(cause).message}`, { code: 'MILLRACE_TLS', cause });
  }
}

async function optionsOf(
  { credentials, serverName }: TlsSettings,
  host: string,
  identityOf: IdentityOf | undefined,
): Promise<ConnectionOptions> {
  const shown: TlsCredentials = credentials === undefined ? {} : await firstValueFrom(credentialsOf(credentials));
  const options = { ...shown, host: serverName ?? host, servername: serverName ?? (isIP(host) > 0 ? '' : host) };
  if (identityOf === undefined) return options;
  // Identities are worth what the roots are that vouch for them: not those that vouch for everybody.
  if (shown.ca === undefined) throw meshError('Invalid', 'a check of peers needs the roots that vouch for them, ca');
  return { ...options, checkServerIdentity: (_host, { raw }) => whyNot(identityOf, raw) };
}

function whyNot(identityOf: IdentityOf, certificate: Uint8Array): Error | undefined {
  try {
    identityOf(certificate);
    return undefined;
  } catch (error) {
    return asMeshError(error);
  }
}

function greeted(options: ConnectionOptions, stop: AbortSignal | undefined): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connect(options);
    const aborted = (): void => reject(stop?.reason);
    const ended = (): void => reject(new Error('the connection was closed in the handshake'));
    stop?.addEventListener('abort', aborted);
    secure.on('error', reject).once('close', ended);
    secure.once('secureConnect', () => {
      secure.off('error', reject).off('close', ended);
      stop?.removeEventListener('abort', aborted);
      resolve(secure);
    });
  });
}
