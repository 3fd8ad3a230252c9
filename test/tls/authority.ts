/** A certificate authority for tests: good certificates, and bad ones of every kind. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { TlsCredentials } from 'millrace/rsocket';

export { ExtendedKeyUsage, KeyUsageFlags };

cryptoProvider.set(webcrypto as Crypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const MINUTE = 60_000;

/** What a certificate says. What is left out is as a good one has it. */
export interface Leaf {
  readonly uris?: readonly string[];
  readonly dns?: readonly string[];
  readonly addresses?: readonly string[];
  readonly ca?: boolean;
  readonly usage?: number | 'none';
  readonly usageCritical?: boolean;
  readonly extended?: readonly ExtendedKeyUsage[];
  /** Milliseconds from now. */
  readonly from?: number;
  readonly to?: number;
}

export interface Authority {
  /** The root, PEM. */
  readonly ca: string;
  /** A certificate and its key, with this authority's root to trust. */
  issue(leaf?: Leaf): Promise<TlsCredentials & { readonly cert: string; readonly key: string }>;
}

let serial = 0;

export async function authority(name = 'Millrace tests'): Promise<Authority> {
  const keys = await keyPair();
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: `CN=${name}`,
    ...span(-MINUTE, 60 * MINUTE),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const ca = root.toString('pem');
  return {
    ca,
    async issue(leaf = {}) {
      const own = await keyPair();
      const certificate = await X509CertificateGenerator.create({
        serialNumber: nextSerial(),
        subject: 'CN=leaf',
        issuer: root.subject,
        ...span(leaf.from ?? -MINUTE, leaf.to ?? 60 * MINUTE),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: extensionsOf(leaf),
      });
      return { cert: certificate.toString('pem'), key: await pemOf(own.privateKey), ca };
    },
  };
}

/** A certificate that vouches for itself. */
export async function selfSigned(leaf: Leaf): Promise<{ readonly cert: string; readonly key: string }> {
  const keys = await keyPair();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: 'CN=self',
    ...span(-MINUTE, 60 * MINUTE),
    keys,
    signingAlgorithm: algorithm,
    extensions: extensionsOf(leaf),
  });
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
}

/** The serial number, to tell certificates apart. */
export function serialOf(pem: string | Uint8Array): string {
  return new X509Certificate(typeof pem === 'string' ? pem : Uint8Array.from(pem)).serialNumber;
}

function extensionsOf(leaf: Leaf): Extension[] {
  const { uris = [], dns = [], addresses = [], usage = KeyUsageFlags.digitalSignature } = leaf;
  const names = [
    ...uris.map((value) => ({ type: 'url' as GeneralNameType, value })),
    ...dns.map((value) => ({ type: 'dns' as GeneralNameType, value })),
    ...addresses.map((value) => ({ type: 'ip' as GeneralNameType, value })),
  ];
  const extended = leaf.extended ?? [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth];
  return [
    new BasicConstraintsExtension(leaf.ca ?? false, undefined, true),
    ...(usage === 'none' ? [] : [new KeyUsagesExtension(usage, leaf.usageCritical ?? true)]),
    ...(extended.length === 0 ? [] : [new ExtendedKeyUsageExtension([...extended])]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ];
}

function span(from: number, to: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + to) };
}

function nextSerial(): string {
  serial += 1;
  return (0x1000 + serial).toString(16);
}

function keyPair(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
}

async function pemOf(key: CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key as webcrypto.CryptoKey));
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
