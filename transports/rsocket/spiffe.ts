/** SPIFFE identities in certificates: X.509-SVIDs (SPIFFE's X509-SVID.md, sections 2–5, and SPIFFE-ID.md, section 2). */
import { meshError, type MeshError } from '../../framework/kernel.js';
import type * as x509Types from '@peculiar/x509';
import type { PeerCheck } from './tls-options.js';

export interface SpiffeOptions {
  /** `example.org`: the domain whose roots are the `ca` of the credentials. */
  readonly trustDomain: string;
  /** Which of its identities may be at the other side, `spiffe://example.org/films`. Default: all. */
  readonly allow?: readonly string[] | ((id: string) => boolean);
}

/** Bytes of an identity (SPIFFE-ID.md, 2.3). */
const LONGEST = 2048;
const DOMAIN = /^[a-z0-9._-]{1,255}$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/**
 * Asks of the other side's certificate that it is a leaf X.509-SVID of a trust domain: exactly one URI name, which is a SPIFFE ID
 * with a path; no CA; a critical key usage with digitalSignature and without keyCertSign and cRLSign; where there is an
 * extended one, both serverAuth and clientAuth. Chain and time have been verified before. It stands in the place of the check
 * of host names. Needs the package `@peculiar/x509`. Throws Invalid for a trust domain that can't be one.
 */
export function spiffe({ trustDomain, allow = () => true }: SpiffeOptions): PeerCheck {
  if (!DOMAIN.test(trustDomain)) throw meshError('Invalid', `'${trustDomain}' is no trust domain such as example.org`);
  const allows = typeof allow === 'function' ? allow : (id: string): boolean => allow.includes(id);
  return {
    async prepare() {
      const x509 = await library();
      return (certificate) => {
        const leaf = new x509.X509Certificate(Uint8Array.from(certificate));
        checkLeaf(leaf, x509);
        const names = leaf.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
        const id = onlyUri(names.filter(({ type }) => type === 'url').map(({ value }) => value));
        const domain = domainOf(id);
        if (domain !== trustDomain) throw refused(`${id} is not of the trust domain ${trustDomain}`);
        if (!allows(id)) throw refused(`${id} is not one of those that may be here`);
        return id;
      };
    },
  };
}

type Library = typeof x509Types;

async function library(): Promise<Library> {
  try {
    await import('reflect-metadata');
    return await import('@peculiar/x509');
  } catch (cause) {
    throw meshError('Invalid', 'spiffe() needs a package that is not there; npm install @peculiar/x509', { cause });
  }
}

function checkLeaf(leaf: InstanceType<Library['X509Certificate']>, x509: Library): void {
  if (leaf.getExtension(x509.BasicConstraintsExtension)?.ca === true)
    throw refused('it is a CA certificate, which must not identify anyone');
  const usage = leaf.getExtension(x509.KeyUsagesExtension);
  if (usage === null) throw refused('it has no key usage');
  if (!usage.critical) throw refused('its key usage is not critical');
  const { usages } = usage;
  if ((usages & x509.KeyUsageFlags.keyCertSign) !== 0) throw refused('its key usage has keyCertSign');
  if ((usages & x509.KeyUsageFlags.cRLSign) !== 0) throw refused('its key usage has cRLSign');
  if ((usages & x509.KeyUsageFlags.digitalSignature) === 0) throw refused('its key usage lacks digitalSignature');
  const extended = leaf.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
  for (const needed of ['serverAuth', 'clientAuth'] as const) {
    if (extended !== undefined && !extended.includes(x509.ExtendedKeyUsage[needed]))
      throw refused(`its extended key usage lacks ${needed}`);
  }
}

function onlyUri(uris: readonly string[]): string {
  const [id] = uris;
  if (id === undefined) throw refused('it has no URI name');
  if (uris.length > 1) throw refused(`it has ${uris.length} URI names, and must have one`);
  return id;
}

/** The trust domain of an identity; throws for what is none. */
function domainOf(id: string): string {
  if (id.length > LONGEST) throw refused(`its identity is longer than ${LONGEST} bytes`);
  const [, domain, path] = /^spiffe:\/\/([^/]*)(.*)$/.exec(id) ?? [];
  if (domain === undefined || path === undefined) throw refused(`${id} is not a SPIFFE ID`);
  if (!DOMAIN.test(domain)) throw refused(`${id} has no valid trust domain`);
  if (path === '') throw refused(`${id} has no path, and so names a whole trust domain`);
  const segments = path.slice(1).split('/');
  if (segments.some((each) => !SEGMENT.test(each) || each === '.' || each === '..'))
    throw refused(`${id} has no valid path`);
  return domain;
}

function refused(message: string): MeshError {
  return meshError('Unauthenticated', message, { code: 'MILLRACE_CERTIFICATE' });
}
