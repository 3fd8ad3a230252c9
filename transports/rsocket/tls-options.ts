/** What TLS connections are made with, of TCP and of WebSocket alike. */
import type { SecureContextOptions } from 'node:tls';
import type { CredentialSource } from './credentials.js';

/** Looks at the other side's certificate, DER, after chain and time have been verified; gives who it is, or throws why it is refused. */
export type IdentityOf = (certificate: Uint8Array) => string;

/** Who may be at the other side: {@link spiffe}, or one's own. */
export interface PeerCheck {
  /** Called once, before the first certificate is looked at. */
  prepare(): Promise<IdentityOf>;
}

export interface TlsSettings {
  /** What this side shows and trusts. Default: it shows nothing, and trusts the roots that Node does. A server needs some. */
  readonly credentials?: CredentialSource;
  /** Whether a server asks its clients for certificates, and refuses those without a good one (mutual TLS). Default false, and true with `peer`. */
  readonly mutual?: boolean;
  /** Who may be at the other side; needs `ca`. Default: for a client a server of the host's name; for a server whoever has a certificate of the `ca`. */
  readonly peer?: PeerCheck;
  /** The oldest version that is spoken. Default TLSv1.3. */
  readonly oldest?: 'TLSv1.2' | 'TLSv1.3';
  /** The name that a client asks for (SNI), and that is looked for in the certificate. Default: the host, if it isn't an address. */
  readonly serverName?: string;
  /** A server's credentials by the name that is asked for (SNI), `films.example.org` or `*.example.org`; for other names `credentials`. */
  readonly names?: Readonly<Record<string, CredentialSource>>;
}

/** What is spoken over TLS (ALPN): a peer that offers other protocols only is no RSocket peer. */
export const ALPN = 'rsocket';

/** Of TLS 1.2, if it is allowed, what 1.3 has as well: forward secrecy and authenticated encryption. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** The settings of both sides. */
export function commonTls(
  { oldest = 'TLSv1.3' }: TlsSettings,
  alpn: string,
): SecureContextOptions & { readonly ALPNProtocols: string[] } {
  return { minVersion: oldest, ciphers: CIPHERS, ALPNProtocols: [alpn] };
}
