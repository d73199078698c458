// Finds words in the transcript as they are typed.
import {number} from "./time.js";
import {t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Finding {
	constructor(pane) {
		this.pane = pane;
		this.field = byId("said-find");
		this.hits = [];
		this.byLine = new Map(); // line → hits
		this.field.addEventListener("input", () => this.find());
		this.field.addEventListener("keydown", (e) => this.key(e));
		byId("said-back").addEventListener("click", () => this.step(-1));
		byId("said-on").addEventListener("click", () => this.step(1));
	}

	close() {
		this.field.value = "";
		this.put([]);
	}

	get hit() { return this.hits[this.n]; }
	in(line) { return this.byLine.get(line) ?? []; }

	put(hits) {
		this.hits = hits;
		this.n = -1;
		this.byLine.clear();
		for (const h of hits) {
			const list = this.byLine.get(h.line);
			if (list) list.push(h);
			else this.byLine.set(h.line, [h]);
		}
	}

	// find looks for what is in the field, and shows the first place from what is in
	// sight on.
	find() {
		const {pane} = this;
		this.put(pane.said.find(this.field.value));
		if (this.hits.length) {
			const from = pane.rows.index(pane.box.scrollTop + 12);
			this.n = Math.max(0, this.hits.findIndex((h) => h.line >= from));
			this.show();
		}
		this.tell();
		pane.paint();
	}

	// renew looks again: in a transcript that has changed.
	renew() {
		if (!this.field.value) return;
		const n = this.n;
		this.put(this.pane.said.find(this.field.value));
		this.n = Math.min(n, this.hits.length - 1);
		this.tell();
		this.pane.paint();
	}

	tell() {
		const n = this.hits.length;
		for (const id of ["said-back", "said-on"]) byId(id).disabled = n === 0;
		byId("said-count").textContent = !this.field.value.trim() ? "" : n === 0 ? t("hitsNone") : t("hits", {i: number(this.n + 1), n: number(n)});
	}

	step(by) {
		const n = this.hits.length;
		if (!n) return;
		this.n = (this.n + by + n) % n;
		this.show();
		this.tell();
		this.pane.paint();
	}

	// show scrolls to the hit. The sound stays where it is, and the pane there.
	show() {
		const {pane} = this, {line, from} = this.hit;
		pane.leave();
		pane.show(line, pane.said.wordAt(line, from));
	}

	go() {
		if (!this.hit) return;
		const {line, from} = this.hit;
		this.pane.seek(line, this.pane.said.wordAt(line, from));
		this.pane.focus(line);
	}

	open() {
		this.field.focus();
		this.field.select();
	}

	key(e) {
		if (e.isComposing || e.altKey) return;
		if (e.key === "Enter") {
			if (e.ctrlKey || e.metaKey) this.go();
			else this.step(e.shiftKey ? -1 : 1);
		} else if (e.key === "ArrowDown") {
			this.go();
		} else if (e.key === "Escape") {
			const {hit, pane} = this;
			this.close();
			this.tell();
			pane.paint();
			pane.focus(hit?.line ?? Math.max(0, pane.at.line));
		} else {
			return;
		}
		e.preventDefault();
	}
}
