// The transcript of a recording: follows the sound, goes where a word is
// clicked, and selects the sound of words that are selected.
import {get} from "./api.js";
import {Correcting} from "./correcting.js";
import {Finding} from "./finding.js";
import {inText, lineOf, Marks, range} from "./marks.js";
import {Picking} from "./picking.js";
import {Rows} from "./rows.js";
import {Said} from "./said.js";
import {quote, showCommand} from "./saving.js";
import {position} from "./time.js";
import {handle, joined, language, t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Transcript {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		this.box = byId("said-box");
		this.list = byId("said");
		this.marks = new Marks(["chosen", "hit", "hit-now", "now"]);
		this.rows = new Rows(this.box, this.list, {
			make: (i) => this.row(i),
			guess: (i, width) => this.guess(i, width),
			drawn: () => this.drawn(),
			scrolled: () => this.leave(),
			pinned: (row) => row.contains(document.activeElement) || this.picking.held === Number(row.dataset.line),
			removing: (row) => this.picking.letGo(row),
		});
		this.finding = new Finding(this);
		this.correcting = new Correcting(this);
		this.picking = new Picking(this);
		this.listen();
	}

	get shown() { return Boolean(this.said?.length) && !byId("transcript").hidden; }
	get rate() { return this.view.scene.rate / this.said.rate; } // of the recording's samples to the transcript's

	close() {
		this.said = null;
		this.answer = null;
		this.at = {line: -1, word: -1};
		this.cursor = -1;
		this.picking.close();
		this.following = true;
		this.seen = null;
		this.rows.clear();
		this.marks.clear();
		this.finding.close();
		this.correcting.close();
		byId("transcript").hidden = true;
		this.view.root.classList.remove("with-words");
	}

	// ask begins to read the transcript of a recording.
	ask(id) {
		const asked = get(this.view.path("/transcript"));
		asked.catch(() => {});
		return () => this.take(id, asked);
	}

	async take(id, asked) {
		const v = await this.view.attempt(() => asked);
		if (!v || this.view.id !== id) return;
		this.answer = v;
		this.said = v.state === "ok" ? new Said(v) : null;
		this.render();
		this.follow();
		this.view.moments.show();
		performance.mark("transcript-shown");
	}

	// reload reads a transcript that another program has changed.
	async reload() {
		const {id} = this.view;
		const v = await this.view.attempt(() => get(this.view.path("/transcript")));
		if (!v || this.view.id !== id) return;
		this.answer = v;
		this.said = v.state === "ok" ? new Said(v) : null;
		this.seen = null;
		this.at = {line: -1, word: -1};
		this.render(true);
		this.follow();
	}

	// render shows what there is, or how to make it; again with the same part of
	// it in sight.
	render(again = false) {
		const v = this.answer, playable = this.view.detail?.length > 0;
		if (!v || !this.view.detail) return;
		const has = Boolean(this.said?.length), none = byId("transcript-none");
		byId("transcript").hidden = v.state === "none" && !playable;
		this.view.root.classList.toggle("with-words", has);
		for (const id of ["said-tools", "said-frame"]) byId(id).hidden = !has;
		none.hidden = has;
		byId("transcript-about").textContent = has ? this.about() : "";
		byId("transcript-how").hidden = v.state === "newer" || !playable;
		if (!has) {
			const why = v.state === "ok" ? t("wordsSilent") : t("words." + v.state, {reason: v.reason ?? ""});
			byId("transcript-why").textContent = byId("transcript-how").hidden ? why : why + " " + t("wordsMake");
			showCommand(byId("transcript-command"), this.command());
			this.rows.clear();
			this.marks.clear();
			return;
		}
		this.list.classList.toggle("hours", this.said.lines.at(-1).start >= 3600 * this.said.rate);
		if (again) this.rows.renewAll(this.said.length);
		else this.rows.show(this.said.length);
		this.finding.renew();
		this.correcting.render();
		this.leave(!this.following);
	}

	// renderWords writes the rows anew, with who speaks or in another language; not
	// while one of them is being changed.
	renderWords() {
		this.stale = this.correcting.line >= 0;
		if (!this.answer || this.stale) return;
		const focused = this.list.contains(document.activeElement);
		this.render(this.rows.count > 0);
		if (focused && this.shown) this.focus(Math.max(0, this.cursor));
	}

	about() {
		const list = [];
		try {
			if (this.said.language) list.push(new Intl.DisplayNames([language()], {type: "language"}).of(this.said.language));
		} catch {
			// no language that anybody knows
		}
		if (this.said.voices.some((v) => v.approximate)) list.push("≈ " + t("speakersAbout"));
		return list.join(" · ");
	}

	// command makes the transcript in a terminal.
	command() {
		const s = this.view.server;
		const words = ["spaces", "transcribe", quote(this.view.id, s?.system)];
		if (s?.library_flag) words.push("--library", quote(s.library_flag, s.system));
		return words.join(" ");
	}

	async copy() {
		try {
			await navigator.clipboard.writeText(this.command());
			this.view.say(t("copied"));
		} catch {
			getSelection().selectAllChildren(byId("transcript-command"));
			this.view.say(t("notCopied"), true);
		}
	}

	// who names those who speak in a line.
	who(line) {
		const {speakers, label} = line.voice;
		return speakers.length ? speakers.map(handle) : [label || t("speakerUnknown")];
	}

	// named reports whether a line says who speaks: where it is not as before.
	named(i) {
		return this.said.speakersFrom !== "" && (i === 0 || this.said.lines[i].voice !== this.said.lines[i - 1].voice);
	}

	guess(i, width) {
		const perLine = Math.max(12, (width - 92) / 7.3);
		return 22 * Math.ceil(this.said.lines[i].text.length / perLine) + 8 + (this.named(i) ? 26 : 0);
	}

	row(i) {
		const line = this.said.lines[i], seconds = line.start / this.said.rate;
		const li = element("li", "line" + (this.at.line === i ? " here" : "") + (this.named(i) ? " named" : ""));
		li.dataset.line = i;
		li.tabIndex = -1;
		li.setAttribute("aria-posinset", i + 1);
		li.setAttribute("aria-setsize", this.said.length);
		if (this.at.line === i) li.setAttribute("aria-current", "true");
		const names = this.who(line), rough = line.voice.approximate;
		const time = button(position(seconds), "plain when", t("goTo", {at: position(seconds), who: rough ? t("aside", {text: joined(names), aside: t("approximate")}) : joined(names)}));
		li.append(time);
		if (this.named(i)) li.append(this.whoLine(line, names, rough));
		if (this.correcting.line === i) {
			li.append(this.correcting.form(line));
		} else {
			const what = element("p", "what");
			what.dir = "auto";
			what.lang = this.said.language;
			what.append(shown(line.text));
			li.append(what, button("✎", "fix", t("editLine", {at: position(seconds)})));
		}
		return li;
	}

	whoLine(line, names, rough) {
		const p = element("p", "who");
		names.forEach((name, k) => {
			const voice = this.view.scene.voices.findIndex((v) => v.handle === line.voice.speakers[k]);
			if (k > 0) p.append(", ");
			if (voice >= 0) {
				const swatch = element("span", "swatch voice" + voice % 8);
				swatch.setAttribute("aria-hidden", "true");
				p.append(swatch);
			}
			p.append(Object.assign(element("bdi", line.voice.speakers.length || line.voice.label ? "" : "quiet"), {textContent: shown(name)}));
		});
		if (rough) {
			const sign = Object.assign(element("abbr", "rough"), {textContent: "≈", title: t("speakersRough")});
			p.append(" ", sign);
		}
		return p;
	}

	// drawn marks what is in sight, and lets the Tab key come to one row of it.
	drawn() {
		this.paint();
		this.tabbable();
	}

	tabbable() {
		const rows = this.rows.rows;
		const first = this.rows.index(this.box.scrollTop);
		const one = [this.cursor, this.at.line, first].find((i) => rows.has(i));
		for (const [i, row] of rows) {
			row.tabIndex = i === one ? 0 : -1;
			for (const b of row.querySelectorAll(":scope > button")) b.tabIndex = i === one ? 0 : -1;
		}
	}

	// paint marks the words that are chosen, found and played.
	paint() {
		const lists = {"chosen": [], "hit": [], "hit-now": [], "now": []};
		if (!this.said) return;
		const {choice} = this.view, k = this.rate;
		for (const [i, row] of this.rows.rows) {
			const node = row.querySelector(".what")?.firstChild;
			if (!node) continue;
			const chosen = choice?.now && this.said.chosen(i, choice.start / k, choice.end / k);
			if (chosen) lists.chosen.push(range(node, ...chosen));
			for (const hit of this.finding.in(i)) lists[hit === this.finding.hit ? "hit-now" : "hit"].push(range(node, hit.from, hit.to));
			const word = this.at.line === i && this.at.word >= 0 && this.said.lines[i].times.length && this.said.words(i)[this.at.word];
			if (word && word.to > word.from) lists.now.push(range(node, word.from, word.to));
		}
		for (const name in lists) this.marks.set(name, lists[name]);
	}

	// follow marks what is said at the playhead, and keeps it in sight.
	follow() {
		if (!this.shown || !this.view.scene) return;
		const at = this.said.at(this.view.scene.playhead * this.said.rate + 0.5);
		if (at.line === this.at.line && at.word === this.at.word) return;
		const before = this.rows.rows.get(this.at.line), moved = at.line !== this.at.line;
		this.at = at;
		const now = this.rows.rows.get(at.line);
		if (moved) {
			before?.classList.remove("here");
			before?.removeAttribute("aria-current");
			now?.classList.add("here");
			now?.setAttribute("aria-current", "true");
		}
		this.rows.stray();
		if (this.following && this.correcting.line < 0 && this.picking.held < 0) this.show(at.line, at.word);
		this.paint();
		if (moved) this.tabbable();
	}

	// show scrolls to a line, and in one that is higher than the pane to its word.
	show(i, word = -1) {
		const row = this.rows.reveal(i);
		if (!row || word < 0 || row.offsetHeight < 0.7 * this.box.clientHeight) return row;
		const node = row.querySelector(".what")?.firstChild, w = this.said.words(i)[word];
		if (!node || w.to <= w.from) return row;
		const at = range(node, w.from, w.to).getBoundingClientRect(), box = this.box.getBoundingClientRect();
		if (at.top < box.top || at.bottom > box.top + 0.8 * box.height) this.rows.scroll(this.box.scrollTop + at.top - box.top - 0.25 * box.height);
		return row;
	}

	// leave stops following the sound, when the user scrolls; or begins again.
	leave(away = true) {
		this.following = !away;
		byId("said-follow").hidden = this.following || !this.shown;
	}

	back() {
		this.leave(false);
		this.show(this.at.line, this.at.word);
	}

	// chosen marks the words of the selection. What is selected elsewhere comes into
	// sight.
	chosen() {
		if (!this.shown) return;
		const {choice} = this.view, now = choice.now && `${choice.start} ${choice.end}`;
		if (now === this.seen) return;
		this.seen = now;
		this.paint();
		if (this.own) return;
		this.picking.drop();
		if (choice.now && choice.draft === undefined && this.correcting.line < 0) {
			const {line} = this.said.at(choice.start / this.rate + 0.5);
			this.rows.reveal(Math.max(0, line));
		}
	}

	// select chooses the sound from one word to another, {line, word}, either first;
	// for a start only while it is still being changed.
	select(a, b, trying = false) {
		const [x, y] = [a, b].map(({line, word}) => this.said.words(line)[word]);
		const start = Math.min(x.start, y.start) * this.rate, end = Math.max(x.end, y.end) * this.rate;
		this.own = true;
		if (trying) this.view.choice.try(start, end);
		else this.view.choice.set(start, end);
		this.own = false;
		if (!trying) this.view.wave.reveal(start / this.view.scene.rate);
	}

	// passage is what is said in a stretch, or "".
	passage(start, end) {
		if (!this.said?.length) return "";
		const k = this.rate, list = [];
		for (let i = Math.max(0, this.said.upTo(start / k) - 16); i < this.said.length && this.said.lines[i].start * k < end; i++) {
			const part = this.said.chosen(i, start / k, end / k);
			if (part) list.push(this.said.lines[i].text.slice(...part));
		}
		return list.join(" ");
	}

	// seek goes to a word.
	seek(line, word = 0) {
		const words = this.said.words(line);
		this.cursor = line;
		this.leave(false);
		this.view.seek((words[word]?.start ?? this.said.lines[line].start) / this.said.rate);
	}

	// focus puts the keyboard on a line.
	focus(line) {
		this.cursor = line;
		this.rows.reveal(line)?.focus({preventScroll: true});
		this.tabbable();
	}

	listen() {
		byId("transcript-copy").addEventListener("click", () => this.copy());
		byId("said-follow").addEventListener("click", () => this.back());
		this.list.addEventListener("click", (e) => this.clicked(e));
		this.list.addEventListener("dblclick", (e) => inText(e.target) && this.correcting.begin(lineOf(e.target)));
		this.list.addEventListener("focusin", (e) => {
			const i = lineOf(e.target);
			if (i === this.cursor) return;
			this.cursor = i;
			this.tabbable();
		});
	}

	clicked(e) {
		const i = lineOf(e.target);
		if (i < 0) return;
		if (e.target.closest(".when")) this.seek(i);
		else if (e.target.closest(".fix")) this.correcting.begin(i);
		else if (inText(e.target) && getSelection().isCollapsed && e.detail < 2) this.seek(i, this.picking.pointed(e, i));
	}
}

function element(name, className) {
	return Object.assign(document.createElement(name), {className});
}

function button(text, className, label) {
	const b = Object.assign(element("button", className), {type: "button", textContent: text, tabIndex: -1});
	b.setAttribute("aria-label", label);
	return b;
}

// shown is a text with signs for the control characters in it, one for one.
function shown(text) {
	return text.replace(/[\x00-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0))).replace(/[\x7f-\x9f]/g, "\u2421");
}

