// The list of recordings: only the rows near the window are in the document,
// and only the pages that hold them are asked for.
import {get} from "./api.js";
import {Adding} from "./adding.js";
import {Passages} from "./passages.js";
import {Outlines} from "./outline.js";
import {recordingRow} from "./row.js";
import {Backup} from "./removed.js";
import {quote, showCommand} from "./saving.js";
import {t} from "./words.js";

const pageSize = 60;
const margin = 12; // rows above and below the window

const byId = (id) => document.getElementById(id);

export class LibraryView {
	constructor(root, session, say, listen) {
		this.root = root;
		this.say = say;
		this.listen = listen;
		this.outlines = new Outlines((id) => [...this.rows.values()].find((row) => row.dataset.id === id)?.paint());
		listen.on(() => this.shown && this.paint());
		this.list = byId("rows");
		this.backup = new Backup();
		this.passages = new Passages(say);
		this.adding = new Adding(session, say, () => this.refresh());
		this.reset();
		byId("words").addEventListener("input", () => this.later());
		byId("state").addEventListener("change", () => this.load());
		byId("sort").addEventListener("change", () => this.load());
		addEventListener("scroll", () => this.soon(), {passive: true});
		addEventListener("resize", () => {
			this.soon();
			if (this.shown) this.paint();
		});
		this.list.addEventListener("keydown", (e) => this.move(e));
		// Whoever has extracted an archive meanwhile comes back to this page.
		addEventListener("focus", () => this.shown && !byId("begin").hidden && this.show());
		session.then((s) => {
			this.states = s.states;
			this.system = s.system;
			this.backup.server = s;
			if (s.library_flag) showCommand(byId("begin-command"), byId("begin-command").textContent + " --library " + quote(s.library_flag, s.system));
			this.render();
		}, () => {});
	}

	reset() {
		this.pages = new Map(); // number of the page → rows, or null while they are asked for
		this.total = 0;
		this.rows = new Map(); // index → element
		this.run = (this.run ?? 0) + 1;
	}

	show() {
		this.shown = true;
		this.load();
		this.backup.load();
	}

	// refresh follows a change of the library.
	refresh() {
		if (this.shown) this.show();
	}

	hide() {
		this.shown = false;
		this.scroll = scrollY;
		this.outlines.rest();
	}

	later() {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.load(), 90);
	}

	// load asks for the list anew, as search, state and order have it.
	async load() {
		this.reset();
		const run = this.run;
		this.passages.load(byId("words").value, byId("state").value).then(() => run === this.run && this.shown && this.told());
		const first = await this.page(0);
		if (run !== this.run || !first) return;
		this.list.replaceChildren();
		this.total = first.length;
		this.draw();
		performance.mark("library-shown");
		if (this.scroll) {
			scrollTo(0, this.scroll);
		}
		if (first.length === pageSize) {
			const {total} = await get(this.path(0, 1) + "&count=1").catch(() => ({total: this.total}));
			if (run !== this.run) return;
			this.total = total;
		}
		this.tell();
		this.draw();
		if (this.scroll) scrollTo(0, this.scroll);
		this.scroll = 0;
	}

	path(offset, limit) {
		const q = new URLSearchParams({words: byId("words").value, state: byId("state").value, sort: byId("sort").value, offset, limit});
		return "api/recordings?" + q;
	}

	// page returns the rows of a page, or null when they are not wanted any more.
	async page(n) {
		const run = this.run;
		this.pages.set(n, null);
		try {
			const {rows} = await get(this.path(n * pageSize, pageSize));
			if (run !== this.run) return null;
			this.pages.set(n, rows);
			return rows;
		} catch (e) {
			this.pages.delete(n);
			// While something is added, its end loads the list once more.
			if (run === this.run && !(e.kind === "locked" && this.adding.running)) this.say(e, true);
			return null;
		}
	}

	// told shows that the words were said, or not.
	told() {
		if (this.pages.get(0)) this.tell();
		this.draw();
	}

	tell() {
		const empty = this.total === 0 && !byId("words").value && !byId("state").value;
		byId("begin").hidden = !empty;
		this.adding.of(empty);
		byId("h-rows").hidden = this.total === 0;
		this.root.querySelector(".filters").hidden = empty;
		this.backup.of(!empty);
		byId("count").textContent = empty ? t("begin") : this.total === 0 ? this.passages.list?.passages.length ? t("countSaid") : t("countNone") : t("count", {n: this.total});
	}

	render() {
		const state = byId("state"), chosen = state.value;
		state.replaceChildren(new Option(t("anyState"), ""), ...(this.states ?? []).map((s) => new Option(t("state." + s), s)));
		state.value = chosen;
		this.list.replaceChildren();
		this.rows.clear();
		this.backup.render();
		this.passages.render();
		this.adding.render();
		if (this.shown && this.pages.get(0)) {
			this.tell();
			this.draw();
		}
	}

	soon() {
		if (!this.shown || this.waiting) return;
		this.waiting = true;
		requestAnimationFrame(() => {
			this.waiting = false;
			if (this.shown) this.draw();
		});
	}

	// draw puts the rows near the window into the document.
	draw() {
		const height = parseFloat(getComputedStyle(this.list).getPropertyValue("--row"));
		this.list.style.height = this.total * height + "px";
		const top = this.list.getBoundingClientRect().top;
		const first = Math.max(0, Math.floor(-top / height) - margin);
		const last = Math.min(this.total, Math.ceil((innerHeight - top) / height) + margin);
		for (const [i, row] of this.rows) {
			if ((i < first || i >= last) && !row.contains(document.activeElement)) {
				row.remove();
				this.rows.delete(i);
			}
		}
		for (let i = first; i < last; i++) {
			const n = Math.floor(i / pageSize);
			if (!this.pages.has(n)) this.page(n).then((rows) => rows && this.draw());
			const r = this.pages.get(n)?.[i % pageSize];
			if (!r || this.rows.has(i)) continue;
			const row = this.row(r, i);
			row.style.transform = `translateY(${i * height}px)`;
			this.rows.set(i, row);
			const after = [...this.rows.keys()].filter((k) => k > i).sort((a, b) => a - b)[0];
			this.list.insertBefore(row, this.rows.get(after) ?? null);
			row.paint();
		}
		for (const [i, row] of this.rows) {
			row.style.transform = `translateY(${i * height}px)`;
			row.setAttribute("aria-setsize", this.total);
		}
		this.outlines.settle(() => this.inSight());
	}

	row(r, i) {
		const li = recordingRow(r, this);
		li.setAttribute("aria-posinset", i + 1);
		li.dataset.id = r.id;
		li.querySelector("a").dataset.index = i;
		return li;
	}

	// paint draws the waveforms of the rows anew, and what plays.
	paint() {
		for (const row of this.rows.values()) row.paint();
	}

	// inSight lists the recordings whose rows are in the window.
	inSight() {
		if (!this.shown) return [];
		return [...this.rows.values()].filter((row) => {
			const box = row.getBoundingClientRect();
			return box.bottom > 0 && box.top < innerHeight && row.querySelector(".row-play");
		}).map((row) => row.dataset.id);
	}

	// move goes from row to row with the arrow keys.
	move(e) {
		const step = {ArrowDown: 1, ArrowUp: -1}[e.key];
		const from = e.target.closest("a")?.dataset.index;
		if (!step || from === undefined) return;
		const to = this.rows.get(Number(from) + step)?.querySelector("a");
		if (!to) return;
		e.preventDefault();
		to.focus();
		to.scrollIntoView({block: "nearest"});
		this.soon();
	}
}
