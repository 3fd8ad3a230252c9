import { expect } from 'chai';
import {
  type Agnostic,
  type Client,
  client,
  component,
  contract,
  count,
  type Handlers,
  inject,
  mesh,
  type MeshError,
  nothing,
  param,
  response,
  serves,
  setting,
  use,
} from 'millrace';
import { of } from 'rxjs';
import { z } from 'zod';
import { applications, failure, quiet, thrown } from './applications.js';
import { Clock, Ratings } from './contracts.js';

class Handler {
  name() {
    return of('noon');
  }
}

@component()
class Egg {
  constructor(@inject(Symbol.for('hen')) readonly hen: unknown) {}
}

@component()
class Nest {
  constructor(readonly egg: Egg) {}
}

/** Has a constructor and no decorator. */
class Bare {
  constructor(readonly nest: Nest) {}
}

/** What an application would provide an implementation of. */
abstract class Weather {
  abstract now(): string;
}

interface Sundial {
  hour(): number;
}

interface Dial {
  readonly token: unknown;
}

/** A service whose only wish is `token`. */
function wishing(token: unknown) {
  @serves(Clock)
  class ClockService extends Handler implements Handlers<typeof Clock> {
    constructor(@inject(token as never) readonly wish: unknown) {
      super();
    }
  }
  return ClockService;
}

describe('an application is refused, and stopped before anything has begun,', () => {
  const refused = async (plan: ReturnType<typeof mesh>): Promise<MeshError> => {
    const error = await failure(quiet(plan).start());
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_CONTAINER' });
    return error;
  };

  it('for what nobody provides, with the path to who asks for it', async () => {
    const { message } = await refused(mesh(wishing(Nest)));
    expect(message).to.equal(
      'nobody provides Symbol(hen), parameter 1 of Egg: .provide(token, { useValue }) (ClockService → Nest → Egg)',
    );
  });

  it('for classes that ask for each other in a circle', async () => {
    const plan = mesh(wishing(Nest)).provide(Symbol.for('hen'), { useClass: Hen });
    expect((await refused(plan)).message).to.match(/^Hen → Egg → Hen: classes that ask for each other in a circle/);
  });

  it('for a class in the place of another that asks for the other', async () => {
    const plan = mesh(wishing(Nest)).provide(Egg, { useClass: PaintedEgg });
    expect((await refused(plan)).message).to.match(/^PaintedEgg → PaintedEgg: /);
  });

  it('for a function that makes what it asks for itself', async () => {
    const plan = mesh(wishing(Nest)).provide(Egg, { useFactory: (from) => from.resolve(Egg) });
    expect((await refused(plan)).message).to.equal('the function that makes Egg asks for Egg');
  });

  it('for a class with a constructor and without a decorator', async () => {
    expect((await refused(mesh(wishing(Bare)))).message).to.equal(
      'Bare asks for 1 things in its constructor, but has no decorator that says so: put @component() above it (ClockService → Bare)',
    );
  });

  it('for a class that extends one with a constructor and without a decorator', async () => {
    @component()
    class Heir extends Bare {}
    expect((await refused(mesh(wishing(Heir)))).message).to.match(
      /^Bare asks for 1 things .* \(ClockService → Heir → Bare\)$/,
    );
  });

  it('for an abstract class that nobody provides', async () => {
    expect((await refused(mesh(wishing(Weather)))).message).to.match(
      /^nobody provides Weather: say \.provide\(Weather, …\).* \(ClockService → Weather\)$/,
    );
  });

  it('for an interface, of which nothing is left when it runs', async () => {
    expect((await refused(mesh(InterfaceService))).message).to.equal(
      'parameter 1 of InterfaceService is an interface, or a class behind `import type`, which nobody provides: say what is meant by @client(Contract), @setting(param) or @inject(token) (InterfaceService)',
    );
  });

  for (const [kind, service] of Object.entries({ String: text(), Number: amount(), Map: table() })) {
    it(`for a bare ${kind}`, async () => {
      expect((await refused(mesh(service))).message).to.match(
        new RegExp(`^parameter 1 of ClockService is of type ${kind}, which nobody provides`),
      );
    });
  }

  it('for a class of a file that is loaded later, as where two files import each other', async () => {
    Reflect.defineMetadata('design:paramtypes', [undefined], Nest);
    try {
      expect((await refused(mesh(wishing(Nest)))).message).to.equal(
        'parameter 1 of Nest is not defined yet when Nest is: two files import each other (ClockService → Nest)',
      );
    } finally {
      Reflect.defineMetadata('design:paramtypes', [Egg], Nest);
    }
  });
});

describe('an application is refused', () => {
  const start = applications();

  it('with the reason of a constructor that throws, by its class', async () => {
    const error = await failure(start(mesh(wishing(Broken))));
    expect(error).to.include({ tag: 'Unavailable', code: 'MILLRACE_START' });
    expect(error.message).to.equal('Broken could not be made: no ink');
    expect(error.cause).to.be.instanceOf(Error).with.property('stack').that.includes('injection-faults');
  });

  it('when two of its services serve the same contract', async () => {
    const error = await failure(start(mesh(wishing(Clock), OtherClock).provide(Clock as never, { useValue: 1 })));
    expect(error.message).to.equal('two services of the application serve clock');
    const functions = mesh(OtherClock).serve(Clock, { name: () => of('') });
    expect((await failure(start(functions))).message).to.equal('two services of the application serve clock');
  });

  it('when a class that it is made of serves nothing', async () => {
    expect((await thrown(() => mesh(Handler))).message).to.equal(
      'Handler serves no contract: put @serves(Contract) above it',
    );
    expect((await thrown(() => mesh(InheritedClock))).message).to.match(/^InheritedClock serves no contract/);
  });

  it('when two settings of a name differ', async () => {
    const error = await failure(start(mesh(Settings)));
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_CONFIG' });
    expect(error.message).to.match(/clock\.zone is declared twice, and differently/);
  });

  it('when a setting is asked for by a class that a provider made and nobody declared', async () => {
    const plan = mesh(wishing(Egg)).provide(Egg, { useFactory: (from) => new Egg(from.resolve(Late)) });
    const error = await failure(start(plan));
    expect(error.message).to.match(/clock\.late is not the name of a param/);
  });
});

describe('two versions of a contract', () => {
  const start = applications();
  const Old = contract('clock', { name: response(nothing, z.string()) }, { version: '1.0' });
  const Newer = contract('clock', { name: response(nothing, z.string()) }, { version: '2.0' });

  it('can both be called by one application', async () => {
    @serves(Ratings)
    class Reader implements Handlers<typeof Ratings> {
      constructor(
        @client(Old) readonly old: Client<typeof Old>,
        @client(Newer) readonly newer: Client<typeof Newer>,
      ) {}

      of() {
        return of(0);
      }

      all() {
        return of(0);
      }
    }
    const app = await start(mesh(Reader).serve(Newer, { name: () => of('newer') }));
    const { old, newer } = app.get(Reader);
    const answers: string[] = [];
    await newer.name().forEach((name) => answers.push(name));
    expect(answers).to.deep.equal(['newer']);
    const error = await failure(old.name().forEach(() => undefined));
    expect(error).to.include({ tag: 'Invalid', code: 'MILLRACE_CONTRACT_VERSION' });
  });
});

describe('a decorator refuses where it stands', () => {
  it('a class without a method of its contract', async () => {
    const { message } = await thrown(() => serves(Ratings)(class Empty {} as never));
    expect(message).to.equal(
      'Empty has no method of, which ratings asks for: write of(request) { … }, an arrow function in a property is none',
    );
  });

  it('a class that serves a contract twice', async () => {
    expect((await thrown(() => serves(Clock)(OtherClock))).message).to.equal('OtherClock serves clock twice');
  });

  it('a filter that is none', async () => {
    const none = 'fast' as unknown as Agnostic;
    const work = () => use(none)(Handler.prototype, 'name', {});
    expect((await thrown(work)).message).to.equal('Handler.name: fast is not a filter');
  });
});

@component()
class Hen {
  constructor(readonly egg: Egg) {}
}

@component()
class PaintedEgg extends Egg {
  constructor(readonly original: Egg) {
    super(original);
  }
}

@component()
class Broken {
  constructor() {
    throw new Error('no ink');
  }
}

@serves(Clock)
class InterfaceService extends Handler implements Handlers<typeof Clock> {
  constructor(readonly sundial: Sundial) {
    super();
  }
}

@serves(Clock)
class OtherClock extends Handler implements Handlers<typeof Clock> {}

class InheritedClock extends OtherClock {}

const One = param('clock.zone', 1, count, 'The zone by its number.');
const Other = param('clock.zone', 2, count, 'How many zones there are.');
const LateSetting = param('clock.late', 2, count, 'How late it is.');

@component()
class Late implements Dial {
  constructor(@setting(LateSetting) readonly token: number) {}
}

@serves(Clock)
class Settings extends Handler implements Handlers<typeof Clock> {
  constructor(
    @setting(One) readonly one: number,
    @setting(Other) readonly other: number,
  ) {
    super();
  }
}

function text() {
  @serves(Clock)
  class ClockService extends Handler implements Handlers<typeof Clock> {
    constructor(readonly wish: string) {
      super();
    }
  }
  return ClockService;
}

function amount() {
  @serves(Clock)
  class ClockService extends Handler implements Handlers<typeof Clock> {
    constructor(readonly wish: number) {
      super();
    }
  }
  return ClockService;
}

function table() {
  @serves(Clock)
  class ClockService extends Handler implements Handlers<typeof Clock> {
    constructor(readonly wish: Map<string, string>) {
      super();
    }
  }
  return ClockService;
}
