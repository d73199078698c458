// The selection: a stretch of samples, with a way back.
export class Choice {
	// length is that of the recording, in samples.
	constructor(length, changed) {
		this.length = length;
		this.changed = changed;
		this.now = null; // or {start, samples}
		this.past = [];
		this.future = [];
	}

	get start() { return this.now?.start ?? 0; }
	get end() { return this.now ? this.now.start + this.now.samples : 0; }

	// set takes a stretch as one step that can be undone.
	set(start, end) {
		const next = this.bounded(start, end);
		const before = this.draft === undefined ? this.now : this.draft;
		this.draft = undefined;
		if (!equal(before, next)) {
			this.past.push(before);
			this.future = [];
		}
		this.now = next;
		this.changed();
	}

	// try shows a stretch while it is still being dragged.
	try(start, end) {
		if (this.draft === undefined) this.draft = this.now;
		this.now = this.bounded(start, end);
		this.changed();
	}

	// revert gives up what was tried.
	revert() {
		if (this.draft === undefined) return;
		this.now = this.draft;
		this.draft = undefined;
		this.changed();
	}

	clear() { this.step(null); }

	step(next) {
		if (equal(this.now, next)) return;
		this.past.push(this.now);
		this.future = [];
		this.now = next;
		this.changed();
	}

	undo() { this.swap(this.past, this.future); }
	redo() { this.swap(this.future, this.past); }

	swap(from, to) {
		if (from.length === 0) return;
		to.push(this.now);
		this.now = from.pop();
		this.changed();
	}

	bounded(start, end) {
		if (end < start) [start, end] = [end, start];
		start = Math.round(Math.max(0, Math.min(start, this.length)));
		end = Math.round(Math.max(0, Math.min(end, this.length)));
		return end > start ? {start, samples: end - start} : null;
	}
}

function equal(a, b) {
	return a === b || Boolean(a && b) && a.start === b.start && a.samples === b.samples;
}
