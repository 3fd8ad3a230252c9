import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly funding?: unknown;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const file = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));

describe('package-lock.json', () => {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  const those = (wanted: (entry: LockedPackage) => boolean) =>
    packages.filter(([, entry]) => wanted(entry)).map(([path]) => path);

  it('records packages', () => {
    expect(packages.map(([path]) => path)).to.include.members(['node_modules/ws', 'node_modules/rxjs']);
  });

  it('makes a user run no install script', () => {
    const needed = (entry: LockedPackage) => entry.dev !== true && entry.devOptional !== true;
    expect(those((entry) => needed(entry) && entry.hasInstallScript === true)).to.deep.equal([]);
    expect(lock.packages['node_modules/rxjs']?.hasInstallScript).to.equal(undefined);
  });

  it('has the version and the checksum of every package, other platforms included', () => {
    expect(
      those(({ version, integrity }) => version === undefined || integrity?.startsWith('sha512-') !== true),
    ).to.deep.equal([]);
  });

  it('names no registry', () => {
    expect(those(({ resolved }) => resolved !== undefined)).to.deep.equal([]);
    const withoutFunding = JSON.stringify(lock, (key, value: unknown) => (key === 'funding' ? undefined : value));
    expect(withoutFunding).not.to.match(/\w+:\/\//);
  });
});
