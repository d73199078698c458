// Corrects words of the transcript, and who says them, in place.
import {post} from "./api.js";
import {position} from "./time.js";
import {handle, joined, t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Correcting {
	constructor(pane) {
		this.pane = pane;
		byId("said-undo").addEventListener("click", () => this.undo());
		this.close();
	}

	close() {
		this.line = -1; // that is being changed
		this.undos = [];
		this.redos = [];
		this.render();
	}

	render() {
		byId("said-undo").hidden = this.undos.length === 0;
	}

	// begin puts a field in the place of a line.
	async begin(line, text) {
		if (this.line >= 0 && this.line !== line) await this.save();
		if (this.line >= 0) return;
		this.pane.rows.reveal(line);
		this.line = line;
		this.pane.rows.renew(line);
		const area = this.area();
		if (!area) return;
		if (text !== undefined) area.value = text;
		area.focus({preventScroll: true});
		area.setSelectionRange(area.value.length, area.value.length);
		this.fit();
	}

	area() { return this.pane.list.querySelector("form textarea"); }

	// form is the field, with who speaks.
	form(line) {
		const form = document.createElement("form"), area = document.createElement("textarea"), who = document.createElement("select");
		const at = position(line.start / this.pane.said.rate);
		form.className = "fixing";
		area.value = line.text;
		area.dir = "auto";
		area.rows = 1;
		area.maxLength = 20_000;
		area.setAttribute("aria-label", t("wordsAt", {at}));
		who.setAttribute("aria-label", t("speakerAt", {at}));
		const {speakers, label} = line.voice;
		who.append(new Option(joined(this.pane.who(line)), "keep"));
		for (const name of this.pane.said.people) if (speakers.length !== 1 || speakers[0] !== name) who.append(new Option(handle(name), JSON.stringify([name])));
		if (speakers.length || label) who.append(new Option(t("speakerUnknown"), "[]"));
		this.was = line.text;
		const buttons = Object.assign(document.createElement("div"), {className: "buttons"});
		const save = Object.assign(document.createElement("button"), {className: "main", textContent: t("save")});
		const cancel = Object.assign(document.createElement("button"), {type: "button", textContent: t("cancel")});
		buttons.append(who, save, cancel);
		form.append(area, buttons);
		for (const b of [save, cancel]) b.addEventListener("mousedown", (e) => e.preventDefault()); // the field keeps the focus
		cancel.addEventListener("click", () => this.end());
		form.addEventListener("submit", (e) => {
			e.preventDefault();
			this.save(true);
		});
		area.addEventListener("input", () => this.fit());
		area.addEventListener("beforeinput", (e) => /^insert(LineBreak|Paragraph)$/.test(e.inputType) && e.preventDefault()); // a line is one line
		form.addEventListener("keydown", (e) => {
			if (e.isComposing) return;
			if (e.key === "Escape") this.end();
			else if (e.key === "Enter" && e.target === area) this.save(true);
			else return;
			e.preventDefault();
			e.stopPropagation();
		});
		form.addEventListener("focusout", (e) => {
			if (!form.contains(e.relatedTarget) && document.hasFocus() && form.isConnected) this.save();
		});
		return form;
	}

	// fit makes the field as high as its text.
	fit() {
		const area = this.area();
		if (!area) return;
		area.style.height = "auto";
		area.style.height = area.scrollHeight + 2 + "px";
		this.pane.rows.changed(this.line);
	}

	// end shows the line again; focused says that the keyboard stays on it.
	end(focused = true) {
		const {line} = this;
		if (line < 0) return;
		this.line = -1;
		this.pane.rows.renew(line);
		if (this.pane.stale) this.pane.renderWords();
		if (focused) this.pane.focus(line);
	}

	// save keeps what was changed.
	async save(focused = false) {
		const {line, was, pane} = this, area = this.area(), who = pane.list.querySelector("form select");
		if (line < 0 || !area || this.saving) return;
		const text = area.value.trim().replace(/\s+/g, " "), body = {stamp: pane.said.stamp, utterance: line};
		if (text !== was.trim().replace(/\s+/g, " ")) body.text = text;
		if (who.value !== "keep") body.speakers = JSON.parse(who.value);
		if (body.text === undefined && body.speakers === undefined) {
			this.end(focused);
			return;
		}
		await this.change("/transcript", body, () => {
			this.redos = [];
			this.end(focused);
		}, (token) => this.undos.push(token));
	}

	// change sends a change and shows what came of it. It returns the kind of error,
	// if there was one.
	async change(path, body, before, keep) {
		const {pane} = this, {id} = pane.view;
		const area = this.area();
		this.saving = true;
		if (area) area.readOnly = true;
		let r;
		try {
			r = await post(pane.view.path(path), body);
		} catch (e) {
			if (pane.view.id === id) await this.failed(e);
			this.saving = false;
			if (this.area()) this.area().readOnly = false;
			return e.kind;
		}
		this.saving = false;
		if (pane.view.id !== id) return;
		before();
		pane.said.stamp = r.stamp;
		if (!r.undo) return; // nothing has changed
		pane.said.change(r);
		keep(r.undo);
		if (r.removed === 1 && r.utterances?.length === 1 && r.from === r.at) {
			pane.rows.renew(r.at);
			if (r.at + 1 < pane.said.length) pane.rows.renew(r.at + 1); // it says who speaks, or no longer
		} else {
			pane.at = {line: -1, word: -1};
			pane.render(true);
			pane.follow();
		}
		pane.finding.renew();
		pane.seen = null;
		pane.paint();
		pane.tabbable();
		this.render();
		pane.view.saving.film.again();
		pane.view.chosen();
		pane.view.say(t("saved"));
	}

	// failed tells what went wrong. Where another program has changed the
	// transcript, it is read again, and what was typed stays in the field.
	async failed(e) {
		const {pane} = this, draft = this.area()?.value, start = pane.said.lines[this.line]?.start;
		pane.view.say(e, true);
		if (e.kind !== "changed") {
			this.area()?.focus();
			return;
		}
		this.line = -1;
		this.undos = [];
		this.redos = [];
		await pane.reload();
		this.render();
		if (draft === undefined || !pane.shown) return;
		await this.begin(Math.max(0, pane.said.upTo(start) - 1), draft);
	}

	undo() { this.back(this.undos, this.redos); }
	redo() { this.back(this.redos, this.undos); }

	async back(from, to) {
		if (!from.length || this.saving || this.line >= 0) return;
		const token = from.pop();
		const kind = await this.change("/transcript/undo", {stamp: this.pane.said.stamp, undo: token}, () => {}, (next) => to.push(next));
		if (kind && kind !== "changed" && kind !== "no-undo") from.push(token); // it can be tried again
		this.render();
	}

	// key undoes or makes again what was corrected, and reports whether it was for
	// that.
	key(e) {
		const k = e.key.toLowerCase();
		if (k === "z" && !e.shiftKey && this.undos.length) this.undo();
		else if ((k === "y" || k === "z" && e.shiftKey) && this.redos.length) this.redo();
		else return false;
		return true;
	}
}
