/** What a side of a TLS connection shows and trusts, and where that comes from, again and again. */
import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { defer, isObservable, Observable } from 'rxjs';
import {
  asMeshError,
  type Clock,
  duration,
  type MeshError,
  meshError,
  type Stop,
  systemClock,
  warn,
} from '../../framework/kernel.js';

/** All in PEM. */
export interface TlsCredentials {
  /** The certificate that is shown, and those between it and the root. A server needs one. */
  readonly cert?: string | undefined;
  /** Its private key. */
  readonly key?: string | undefined;
  /** The roots by which the other side's certificate is verified. Default: those that Node trusts. */
  readonly ca?: string | undefined;
}

/** One for good, or those of each time: connections that are open stay, new ones use the latest. */
export type CredentialSource = TlsCredentials | Observable<TlsCredentials>;

export interface CredentialFiles {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

export interface CredentialFilesOptions {
  /** How often the files are looked at. Default 5 s. */
  readonly every?: string | number;
  readonly clock?: Clock;
}

/** Milliseconds between looks at files of which one has been replaced and the other not yet, and how many looks they get at first. */
const SOON = 100;
const FIRST_LOOKS = 20;

/**
 * TlsCredentials in files, PEM: those that are there, and again whenever they have changed. Files that can't be used (a key that
 * isn't the certificate's, since one is written after the other; half a file) are waited for: what was before stays, and a
 * warning says why. Fails with Invalid where nothing usable is there to begin with, within two seconds.
 */
export function credentialFiles(
  files: CredentialFiles,
  options: CredentialFilesOptions = {},
): Observable<TlsCredentials> {
  const { clock = systemClock } = options;
  const every = duration(options.every ?? '5 s');
  return new Observable((to) => {
    let last: TlsCredentials | undefined;
    let looks = 0;
    let wait: Stop | undefined;
    const look = (): void => {
      looks += 1;
      readAll(files).then(found, missed);
    };
    const again = (ms: number): void => void (to.closed || (wait = clock.after(ms, look, last === undefined)));
    const found = (read: TlsCredentials): void => {
      if (last === undefined || !same(read, last)) to.next((last = read));
      again(every);
    };
    const missed = (error: MeshError): void => {
      if (last === undefined && looks >= FIRST_LOOKS) return to.error(error);
      if (last !== undefined) warn('MILLRACE_CREDENTIALS', `${error.message}; the credentials from before stay in use`);
      again(last === undefined ? SOON : every);
    };
    to.add(() => wait?.());
    look();
  });
}

/** The source as an Observable; fails with Invalid for a certificate and key that don't belong together. */
export function credentialsOf(source: CredentialSource): Observable<TlsCredentials> {
  return isObservable(source) ? source : defer(() => checked(source, 'the credentials'));
}

async function readAll({ cert, key, ca }: CredentialFiles): Promise<TlsCredentials> {
  const [certText, keyText, caText] = await Promise.all([cert, key, ca].map(read));
  return checked({ cert: certText, key: keyText, ca: caText }, cert ?? 'the credentials');
}

async function read(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unusable(`${path} can't be read: ${asMeshError(cause).message}`, cause);
  }
}

async function checked(credentials: TlsCredentials, where: string): Promise<TlsCredentials> {
  const { cert, key, ca } = credentials;
  const { createPrivateKey, X509Certificate } = await import('node:crypto');
  const parsed = (pem: string, from: string): X509Certificate => {
    try {
      return new X509Certificate(pem);
    } catch (cause) {
      throw unusable(`${from}: that is no certificate in PEM: ${asMeshError(cause).message}`, cause);
    }
  };
  if ((cert === undefined) !== (key === undefined))
    throw unusable(`${where}: a certificate and its key go together, and one is missing`);
  if (ca !== undefined && /-----END [A-Z ]+----------BEGIN/.test(ca))
    throw unusable(`${where}, ca: a line break is missing between two certificates`);
  for (const root of ca === undefined ? [] : certificatesIn(ca)) parsed(root, `${where}, ca`);
  if (cert === undefined || key === undefined) return credentials;
  const leaf = parsed(cert, where);
  let fits: boolean;
  try {
    fits = leaf.checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw unusable(`${where}: the private key can't be read: ${asMeshError(cause).message}`, cause);
  }
  if (!fits) throw unusable(`${where}: the private key isn't the certificate's`);
  return credentials;
}

/** Each certificate of a bundle; an empty one trusts nobody, which nobody means. */
function certificatesIn(bundle: string): readonly string[] {
  const found = bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  return found ?? [bundle];
}

function same(one: TlsCredentials, other: TlsCredentials): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}

function unusable(message: string, cause?: unknown): MeshError {
  return meshError('Invalid', message, { code: 'MILLRACE_CREDENTIALS', cause });
}
