/** A server's side of TLS, for TCP and WebSocket alike: credentials that are replaced while it runs, names, and who its clients are. */
import { constants } from 'node:crypto';
import type { SecureContext, SecureContextOptions, Server, TLSSocket, TlsOptions } from 'node:tls';
import { Subscription } from 'rxjs';
import { asMeshError, meshError, type MeshError, warn } from '../../framework/kernel.js';
import { type CredentialSource, type TlsCredentials, credentialsOf } from './credentials.js';
import { HANDSHAKE } from './front.js';
import type { Remote } from './link.js';
import { commonTls, type IdentityOf, type TlsSettings } from './tls-options.js';

/** Who is at the other side, and why it is to be refused. */
export interface Greeted {
  readonly remote: Remote;
  readonly refusal: string | undefined;
}

export class TlsServer {
  private readonly following = new Subscription();
  private readonly names = new Map<string, SecureContext>();
  private readonly mutual: boolean;
  private readonly common: SecureContextOptions & { readonly ALPNProtocols: string[] };
  private identityOf: IdentityOf | undefined;
  private current: TlsCredentials | undefined;
  private server: Server | undefined;

  constructor(
    private readonly settings: TlsSettings,
    alpn: string,
  ) {
    this.mutual = settings.mutual ?? settings.peer !== undefined;
    // Sessions that clients resume would go on with what was checked by certificates and roots of before.
    this.common = { ...commonTls(settings, alpn), secureOptions: constants.SSL_OP_NO_TICKET };
  }

  /** What to make the server with, once there are credentials. Rejects with Invalid where there are none. */
  async options(): Promise<TlsOptions> {
    const { credentials, names = {}, peer } = this.settings;
    if (credentials === undefined) throw meshError('Invalid', 'a server of TLS needs credentials');
    const { createSecureContext } = await import('node:tls');
    this.identityOf = await peer?.prepare();
    await this.follow(credentials, (latest) => {
      this.checked(latest);
      this.server?.setSecureContext({ ...this.common, ...latest });
      this.current = latest;
    });
    for (const [name, source] of Object.entries(names)) {
      await this.follow(source, (latest) =>
        this.names.set(name.toLowerCase(), createSecureContext({ ...this.common, ...this.checked(latest) })),
      );
    }
    return {
      ...this.common,
      ...this.current,
      requestCert: this.mutual,
      // Who is refused is told why, which a handshake that fails would not.
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE,
      SNICallback: (name, answer) => answer(null, this.named(name.toLowerCase())),
    };
  }

  /** New credentials are the server's, from now on. */
  serve(server: Server): void {
    this.server = server;
    // What is wrong with one handshake ends that socket, and is nobody else's matter; Node leaves one that takes too long open.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  close(): void {
    this.following.unsubscribe();
  }

  greeted(socket: TLSSocket, address: string): Greeted {
    if (!this.mutual) return { remote: { address }, refusal: undefined };
    const certificate = socket.getPeerX509Certificate()?.raw;
    const refused = (refusal: string): Greeted => ({ remote: { address }, refusal });
    if (certificate === undefined) return refused('a certificate is needed, and none was shown');
    if (!socket.authorized) return refused(`the certificate is refused: ${String(socket.authorizationError)}`);
    try {
      return { remote: { address, certificate, identity: this.identityOf?.(certificate) }, refusal: undefined };
    } catch (error) {
      return refused(`the certificate is refused: ${asMeshError(error).message}`);
    }
  }

  private named(name: string): SecureContext | undefined {
    return this.names.get(name) ?? this.names.get(name.replace(/^[^.]+/, '*'));
  }

  private checked(credentials: TlsCredentials): TlsCredentials {
    if (credentials.cert === undefined) throw meshError('Invalid', 'a server of TLS needs a certificate');
    if (this.mutual && credentials.ca === undefined)
      throw meshError('Invalid', 'mutual TLS needs the roots of its clients, ca');
    return credentials;
  }

  /** Resolves once the first have been used; what comes later and can't be is warned of. */
  private follow(source: CredentialSource, use: (latest: TlsCredentials) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let first = true;
      const failed = (error: unknown): void => {
        if (first) reject(asInvalid(error));
        else warn('MILLRACE_CREDENTIALS', `${asMeshError(error).message}; the credentials from before stay in use`);
      };
      this.following.add(
        credentialsOf(source).subscribe({
          next(latest) {
            try {
              use(latest);
              first = false;
              resolve();
            } catch (error) {
              failed(error);
            }
          },
          error: failed,
          complete: () => void (first && failed(meshError('Invalid', 'the source of the credentials has none'))),
        }),
      );
    });
  }
}

function asInvalid(error: unknown): MeshError {
  const known = asMeshError(error);
  return known.tag === 'Invalid' ? known : meshError('Invalid', known.message, { cause: error });
}
