import { Frame } from '../shared/frame.ts';
import { el } from '../shared/dom.ts';
export const frame = new Frame('unified-agent', [{ name: '', title: '', show: () => ({ content: el('div') }) }]);
