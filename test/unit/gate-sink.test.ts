import { expect } from 'chai';
import { GateSink } from 'millrace';
import { of } from 'rxjs';

describe('a gate sink that is left', () => {
  it('is told nothing more, though items and the end had come unread', () => {
    const heard: string[] = [];
    const sink = new GateSink<string>({
      next: (item) => heard.push(item),
      error: () => heard.push('error'),
      complete: () => heard.push('complete'),
    });
    of('a', 'b').subscribe(sink);
    sink.request(1);
    sink.unsubscribe();
    sink.request(10);
    expect(heard).to.deep.equal(['a']);
  });
});
