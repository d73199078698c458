// Where the words of the transcript are in the page, and how they are marked.

// Marks are words that look otherwise than those around them. Browsers without
// the CSS Custom Highlight API mark the line alone.
export class Marks {
	constructor(names) {
		this.lists = {};
		names.forEach((name, i) => {
			if (!globalThis.Highlight || !CSS.highlights) return;
			this.lists[name] = Object.assign(new Highlight(), {priority: i});
			CSS.highlights.set("said-" + name, this.lists[name]);
		});
	}

	set(name, ranges) {
		const list = this.lists[name];
		if (!list || !ranges.length && !list.size) return;
		list.clear();
		for (const r of ranges) list.add(r);
	}

	clear() {
		for (const name in this.lists) this.lists[name].clear();
	}
}

// range is a part of a text.
export function range(node, from, to) {
	const r = document.createRange();
	r.setStart(node, Math.min(from, node.length));
	r.setEnd(node, Math.min(to, node.length));
	return r;
}

export const inText = (node) => (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.("#said .what");

// lineOf is the number of the line that something in the list belongs to, or -1.
export const lineOf = (node) => Number((node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement)?.closest("#said > li")?.dataset.line ?? -1);

// placeOf is which line an end of the browser's selection is in, and where in its
// text.
export function placeOf(node, offset) {
	const line = lineOf(node);
	if (line < 0) return null;
	const what = inText(node);
	if (!what) return {line, offset: 0};
	return {line, offset: node.nodeType === Node.TEXT_NODE ? offset : offset > 0 ? Infinity : 0};
}
