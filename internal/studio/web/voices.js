// Those who are heard in a recording: their colour, how long they speak, and how
// they stand to the use of their voice. An answer of theirs is recorded here, in
// two steps, so that none is recorded by a slip.
import {get, post} from "./api.js";
import {date, position} from "./time.js";
import {handle, language, t} from "./words.js";
import {right, wrong} from "./wrong.js";

const byId = (id) => document.getElementById(id);
const purposes = ["clip", "episode", "upload", "transcribe"];

export class Voices {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		const form = byId("answer-form");
		form.addEventListener("submit", (e) => {
			e.preventDefault();
			if (byId("answer-sure").hidden) this.check();
			else this.record();
		});
		form.addEventListener("change", (e) => e.target.name === "answer" && this.kind());
		byId("answer-cancel").addEventListener("click", () => byId("answering").close());
		byId("answer-back").addEventListener("click", () => this.step(false));
	}

	close() {
		this.people = null;
		this.shown = "";
		byId("voices").replaceChildren();
		byId("answering").close();
	}

	// ask begins to read how everybody stands.
	async ask(id) {
		const people = await this.view.attempt(() => get(this.view.path("/consent")));
		if (!people || this.view.id !== id) return;
		this.people = people;
		this.show();
	}

	person(name) { return this.people?.find((p) => p.name.toLowerCase() === name.toLowerCase()); }

	// show lists those who have turns, and after them others who were on stage. It
	// leaves the list alone while nothing in it is new: the keyboard may be there.
	show() {
		const {scene} = this.view;
		if (!scene) return;
		const key = [language(), scene.id, scene.approximate, scene.voices.map((v) => v.handle), this.people?.map((p) => p.name)].join();
		if (key !== this.shown) {
			this.shown = key;
			const silent = (this.people ?? []).filter((p) => !scene.voices.some((v) => v.handle.toLowerCase() === p.name.toLowerCase()));
			byId("voices").replaceChildren(...scene.voices.map((v, i) => this.row(v.handle, i, v.turns)), ...silent.map((p) => this.row(p.name, -1, null)));
			byId("rough").hidden = !scene.approximate || !scene.voices.length;
		}
		for (const chip of byId("voices").querySelectorAll("[data-name]")) this.mark(chip);
	}

	row(name, i, turns) {
		const li = element("li", "");
		if (i >= 0) {
			const swatch = element("span", "swatch voice" + i % 8);
			swatch.setAttribute("aria-hidden", "true");
			li.append(swatch);
		}
		const person = this.person(name);
		li.append(element("bdi", "", person?.forgotten ? t("forgotten") : handle(name)));
		if (turns) li.append(element("span", "quiet", ` ${this.view.scene.approximate ? "≈ " : ""}${position(turns.reduce((sum, [a, b]) => sum + b - a, 0))}`));
		if (!person || person.forgotten) return li;
		const own = person.consent === "own", kind = own ? "span" : "button";
		const chip = element(kind, "chip");
		chip.dataset.name = name;
		if (!own) {
			chip.type = "button";
			chip.addEventListener("click", () => this.open(name));
		}
		li.append(" ", chip);
		return li;
	}

	mark(chip) {
		const state = stateOf(this.person(chip.dataset.name));
		chip.dataset.state = state;
		chip.textContent = t("answer." + state);
		if (chip.matches("button")) chip.setAttribute("aria-label", t("consentOf", {who: handle(chip.dataset.name), answer: t("answer." + state)}));
	}

	// open asks for an answer of somebody. Nothing is filled in for a grant.
	open(name) {
		const p = this.person(name);
		this.name = name;
		byId("answer-form").reset();
		byId("h-answering").textContent = t("answerOf", {who: handle(name)});
		byId("answering-now").textContent = this.standing(p);
		byId("answer-until").min = new Date().toISOString().slice(0, 10);
		this.free();
		this.kind();
		this.step(false);
		byId("answering").showModal();
	}

	// standing tells what is recorded of somebody.
	standing(p) {
		if (!p.since) return t("answerNone");
		const agreed = purposes.filter((u) => p.for[u] === "granted").map((u) => t("use." + u));
		const list = [t("answer." + stateOf(p)) + (agreed.length && agreed.length < purposes.length ? `: ${agreed.join(", ")}` : "")];
		list.push(t("answerSince", {at: date(new Date(p.since))}));
		if (p.until) list.push(t("answerUntil", {at: date(new Date(Date.parse(p.until) - 1000))}));
		if (p.note) list.push(p.note);
		return list.join(" · ");
	}

	get chosen() { return byId("answer-form").elements.answer.value; }
	get uses() { return purposes.filter((u) => byId("use-" + u).checked); }

	// kind prepares the rest for a yes, which names each use, or a no, which is
	// for all unless some are left out.
	kind() {
		const yes = this.chosen === "granted";
		for (const u of purposes) byId("use-" + u).checked = !yes && Boolean(this.chosen);
		byId("answer-ends").hidden = !yes;
		this.free();
	}

	free() {
		right(byId("answer-granted"), byId("answer-wrong"));
		right(byId("use-clip"), byId("answer-wrong"));
		right(byId("answer-until"), byId("answer-wrong"));
		byId("answer-wrong").replaceChildren();
	}

	// check goes on to the question whether this is meant.
	check() {
		this.free();
		const place = byId("answer-wrong"), {uses} = this;
		if (!this.chosen) return wrong(byId("answer-granted"), place, t("answerChoose"));
		if (!uses.length) return wrong(byId("use-clip"), place, t("answerUses"));
		const until = byId("answer-until");
		if (this.chosen === "granted" && (!until.validity.valid || until.value && until.value < until.min)) return wrong(until, place, t("answerDay"));
		const everywhere = byId("answer-form").elements.where.value === "all";
		byId("answer-means").textContent = t("means." + this.chosen, {who: handle(this.name)});
		byId("answer-list").replaceChildren(...uses.map((u) => element("li", "", t("use." + u))));
		byId("answer-scope").textContent = [t(everywhere ? "inAll" : "inThis"), until.value && this.chosen === "granted" ? t("answerUntil", {at: date(new Date(until.value + "T00:00"))}) : ""].filter(Boolean).join(" · ");
		byId("answer-then").textContent = t(this.chosen === "granted" ? "meansYes" : "meansNo");
		this.step(true);
	}

	step(sure) {
		byId("answer-fields").hidden = sure;
		byId("answer-sure").hidden = !sure;
		byId("answer-back").hidden = !sure;
		byId("answer-go").textContent = t(sure ? "answerRecord" : "answerNext");
		if (sure) byId("answer-back").focus(); // Enter alone records nothing
	}

	async record() {
		const {view, uses} = this, {id} = view, form = byId("answer-form").elements;
		const body = {name: this.name, answer: this.chosen, for: this.chosen !== "granted" && uses.length === purposes.length ? [] : uses, everywhere: form.where.value === "all", note: byId("answer-note").value.trim()};
		if (this.chosen === "granted" && byId("answer-until").value) body.until = byId("answer-until").value;
		byId("answer-go").disabled = true;
		try {
			const r = await post(view.path("/consent"), body);
			if (view.id !== id) return;
			this.people = r.people;
			byId("answering").close();
			this.show();
			view.say([t("answerKept", {who: handle(this.name)}), ...(r.sent ? [t("answerSent", {n: r.sent})] : [])].join(" · "));
		} catch (e) {
			this.step(false);
			if (e.kind === "bad-until") wrong(byId("answer-until"), byId("answer-wrong"), t("answerDay"));
			else wrong(byId("answer-granted"), byId("answer-wrong"), e.message);
		} finally {
			byId("answer-go").disabled = false;
		}
	}
}

// stateOf is an answer in one word: that which allows least, and part where some
// uses are granted and others are open.
function stateOf(p) {
	if (p.consent === "own" || p.consent === "granted") return p.consent;
	const yes = purposes.some((u) => p.for[u] === "granted"), no = purposes.some((u) => ["declined", "withdrawn"].includes(p.for[u]));
	return yes && !no ? "part" : p.consent;
}

function element(name, className, text = "") {
	return Object.assign(document.createElement(name), {className, textContent: text});
}
