// Picks words of the transcript: with the mouse and with fingers, as text is
// selected anywhere, and with the keys.
import {inText, lineOf, placeOf, range} from "./marks.js";

export class Picking {
	constructor(pane) {
		this.pane = pane;
		this.held = -1; // the line in which the mouse was pressed
		const {list} = pane;
		list.addEventListener("mousedown", (e) => this.pressed(e));
		list.addEventListener("pointerdown", (e) => { this.touched = e.pointerType !== "mouse"; });
		list.addEventListener("keydown", (e) => this.key(e));
		list.addEventListener("copy", (e) => this.copied(e));
		document.addEventListener("keyup", (e) => e.key === "Shift" && this.extended());
		document.addEventListener("selectionchange", () => this.selecting());
		document.addEventListener("mouseup", () => this.released());
	}

	close() {
		this.held = -1;
		this.anchor = this.head = undefined; // of what is selected with the keys
		clearTimeout(this.timer);
	}

	// drop gives up the browser's selection.
	drop() {
		if (inText(getSelection().anchorNode)) getSelection().removeAllRanges();
	}

	// pressed begins to select words, unless it is the second press of two.
	pressed(e) {
		const what = inText(e.target);
		if (!what || e.button !== 0 || this.touched) return;
		if (e.detail > 1) {
			e.preventDefault();
			return;
		}
		this.held = lineOf(what);
		this.found = null;
	}

	// selecting follows the browser's own selection of text.
	selecting() {
		if (!this.pane.shown) return;
		const found = this.selected();
		if (this.held >= 0) {
			if (found) this.pane.select(...this.found = found, true);
			return;
		}
		clearTimeout(this.timer);
		if (found && this.touched) this.timer = setTimeout(() => this.pane.select(...found), 350);
	}

	released() {
		if (this.held < 0) return;
		// It may have ended beside the list.
		const found = getSelection().isCollapsed ? null : this.selected() ?? this.found;
		this.held = -1;
		if (found) this.pane.select(...found);
		else this.pane.view.choice?.revert();
		this.pane.rows.soon();
	}

	// selected is from which word to which the browser's selection reaches, or null.
	selected() {
		const s = getSelection();
		if (s.isCollapsed || s.rangeCount === 0) return null;
		const within = s.getRangeAt(0);
		if (!this.pane.list.contains(within.commonAncestorContainer) && !within.intersectsNode(this.pane.list)) return null;
		const a = placeOf(within.startContainer, within.startOffset), b = placeOf(within.endContainer, within.endOffset);
		if (!a || !b) return null;
		if (b.line > a.line && b.offset === 0) Object.assign(b, {line: b.line - 1, offset: Infinity});
		const from = {line: a.line, word: this.pane.said.wordAt(a.line, a.offset)}, to = {line: b.line, word: this.pane.said.wordAt(b.line, b.offset, true)};
		if (from.line === to.line && from.word > to.word) return null; // the space between two words
		return [from, to];
	}

	// letGo drops the browser's selection when a row of it leaves the document: it
	// would become another one.
	letGo(row) {
		const s = getSelection();
		if (s.rangeCount && (row.contains(s.anchorNode) || row.contains(s.focusNode))) s.removeAllRanges();
	}

	// pointed is the word of a line that the mouse is at.
	pointed(e, i) {
		const caret = document.caretPositionFromPoint?.(e.clientX, e.clientY) ?? document.caretRangeFromPoint?.(e.clientX, e.clientY);
		const node = caret?.offsetNode ?? caret?.startContainer, offset = caret?.offset ?? caret?.startOffset ?? 0;
		if (!node || lineOf(node) !== i || node.nodeType !== Node.TEXT_NODE) return 0;
		const words = this.pane.said.words(i);
		for (let k = 0; k < words.length; k++) {
			if (words[k].from > offset || words[k].to < offset || words[k].to === words[k].from) continue;
			for (const r of range(node, words[k].from, words[k].to).getClientRects()) {
				if (e.clientX >= r.left && e.clientX <= r.right && e.clientY >= r.top && e.clientY <= r.bottom) return k;
			}
		}
		return this.pane.said.wordAt(i, offset);
	}

	// key moves from word to word and from line to line as in a text whose cursor is
	// the playhead.
	key(e) {
		if (!this.pane.shown || e.target.closest("form")) return;
		const i = lineOf(e.target), k = e.key;
		if (i < 0) return;
		if ((e.ctrlKey || e.metaKey) && !e.altKey) {
			if (this.pane.correcting.key(e)) e.preventDefault();
			return;
		}
		if (e.altKey) return;
		if (k === "Enter" && e.target.matches("li")) {
			e.preventDefault();
			this.pane.correcting.begin(i);
			return;
		}
		if (!e.shiftKey) this.extended();
		const page = Math.max(1, Math.floor(0.8 * this.pane.box.clientHeight / 50)), last = this.pane.said.length - 1;
		const lines = {ArrowDown: i + 1, ArrowUp: i - 1, PageDown: i + page, PageUp: i - page, Home: 0, End: last}[k];
		const words = this.pane.list.querySelector(`li[data-line="${i}"] .what`);
		const on = words && getComputedStyle(words).direction === "rtl" ? "ArrowLeft" : "ArrowRight"; // as the words run
		const step = {ArrowRight: 1, ArrowLeft: -1}[k] * (on === "ArrowRight" ? 1 : -1);
		if (lines === undefined && !step) return;
		e.preventDefault();
		const from = this.head ?? {line: i, word: this.pane.at.line === i ? Math.max(0, this.pane.at.word) : 0};
		let to = from;
		if (step) to = this.beside(from, step);
		else if (e.shiftKey) to = this.ending(from, Math.max(0, Math.min(last, lines)));
		else to = {line: Math.max(0, Math.min(last, lines)), word: 0};
		if (e.shiftKey) {
			this.anchor ??= from;
			this.head = to;
			this.pane.select(this.anchor, to, true);
			this.pane.focus(to.line);
			return;
		}
		this.pane.seek(to.line, to.word);
		this.pane.focus(to.line);
	}

	beside({line, word}, step) {
		word += step;
		if (word >= 0 && word < this.pane.said.words(line).length) return {line, word};
		line += step;
		if (line < 0 || line >= this.pane.said.length) return {line: line - step, word: word - step};
		return {line, word: step > 0 ? 0 : this.pane.said.words(line).length - 1};
	}

	// ending is the word of a line up to which a selection grows from another line.
	ending(from, line) {
		const down = line > (this.anchor ?? from).line || line === from.line && line === this.pane.said.length - 1;
		return {line, word: down ? this.pane.said.words(line).length - 1 : 0};
	}

	// extended takes what was selected with the keys as one step.
	extended() {
		if (!this.head) return;
		this.pane.select(this.anchor, this.head);
		this.anchor = this.head = undefined;
	}

	// copied gives the words of the selection to the clipboard, where the browser has
	// none selected itself.
	copied(e) {
		const {choice} = this.pane.view;
		if (!getSelection().isCollapsed || !choice?.now || e.target.closest("form")) return;
		const k = this.pane.rate, list = [];
		for (let i = 0; i < this.pane.said.length; i++) {
			const part = this.pane.said.chosen(i, choice.start / k, choice.end / k);
			if (part) list.push(this.pane.said.lines[i].text.slice(...part));
		}
		if (!list.length) return;
		e.clipboardData.setData("text/plain", list.join("\n"));
		e.preventDefault();
	}
}
