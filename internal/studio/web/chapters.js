// The chapters of a recording, edited in place: renamed, added, moved, removed, or
// given up for the detected ones. Episodes get them as they stand here.
import {post} from "./api.js";
import {language, t} from "./words.js";
import {position} from "./time.js";
import {right, wrong} from "./wrong.js";

const byId = (id) => document.getElementById(id);
const longest = 100; // characters of a title

export class Chapters {
	// view is the recording's.
	constructor(view) {
		this.view = view;
		byId("chapter-add").addEventListener("click", () => this.add());
		byId("chapters-back").addEventListener("click", () => this.keep([]));
	}

	close() {
		this.shown = "";
		this.editing = -1;
		byId("chapters").replaceChildren();
	}

	get list() { return this.view.turns?.chapters ?? []; }

	show() {
		const {turns} = this.view;
		if (!turns) return;
		const key = JSON.stringify([language(), this.list, turns.kept, this.editing]);
		if (key === this.shown) return;
		this.shown = key;
		const detected = () => this.list.length ? t(turns.approximate ? "chaptersAbout" : "chaptersExact") : t("noChapters");
		byId("chapters-about").textContent = turns.kept ? t("chaptersKept") : detected();
		byId("chapters-back").hidden = !turns.kept;
		byId("chapters").replaceChildren(...this.list.map((c, i) => this.row(c, i)));
	}

	row(c, i) {
		const li = element("li", "chapter"), at = position(c.start);
		li.append(button("plain at", at, t("goChapter", {at, title: c.title}), () => this.view.seek(c.start)));
		if (this.editing === i) {
			li.append(this.form(c, i));
			return li;
		}
		const acts = element("span", "actions");
		acts.append(
			button("", t("rename"), `${t("rename")}: ${c.title}`, () => this.edit(i)),
			button("", t("chapterMove"), `${t("chapterMove")}: ${c.title}`, () => this.move(i)),
			button("", t("remove"), `${t("remove")}: ${c.title}`, () => this.remove(i)));
		li.append(Object.assign(element("bdi", "name"), {textContent: c.title}), acts);
		return li;
	}

	form(c, i) {
		const form = element("form", "chapter-form"), field = element("input", ""), place = element("p", "wrong");
		field.value = c.title;
		field.setAttribute("aria-label", t("title"));
		place.id = "chapter-wrong";
		place.setAttribute("role", "alert");
		field.addEventListener("input", () => right(field, place));
		field.addEventListener("keydown", (e) => {
			if (e.key !== "Escape") return;
			e.stopPropagation();
			this.edit(-1, i);
		});
		form.noValidate = true;
		form.addEventListener("submit", (e) => {
			e.preventDefault();
			const title = field.value.trim(), over = [...title].length - longest;
			if (!title) wrong(field, place, t("chapterUntitled"));
			else if (over > 0) wrong(field, place, t("titleLong", {n: longest, over}));
			else this.keep(this.list.map((c, k) => k === i ? {...c, title} : c), i);
		});
		form.append(field, Object.assign(element("button", "main"), {textContent: t("save")}), button("", t("cancel"), t("cancel"), () => this.edit(-1, i)), place);
		return form;
	}

	// edit opens the field of a chapter, or closes it, and keeps the keyboard there.
	edit(i, back = -1) {
		this.editing = i;
		this.show();
		if (i >= 0) byId("chapters").querySelector("input")?.select();
		else this.focus(back);
	}

	focus(i) { byId("chapters").children[Math.min(i, this.list.length - 1)]?.querySelector("button")?.focus(); }

	get here() { return Math.round(this.view.player.position * 1000) / 1000; }

	async add() {
		const start = this.here;
		if (await this.keep([...this.list, {start, title: t("chapterNew")}])) this.edit(this.list.findIndex((c) => c.start === start));
	}

	move(i) {
		const start = this.here;
		this.keep(this.list.map((c, k) => k === i ? {...c, start} : c), i);
	}

	// remove leaves one at least: none at all means the detected ones.
	remove(i) {
		if (this.list.length < 2) this.view.say(t("chapterLast"), true);
		else this.keep(this.list.filter((_, k) => k !== i), i);
	}

	// keep sends the chapters, and shows what is kept.
	async keep(list, at = -1) {
		const {view} = this, {id} = view;
		const sorted = [...list].sort((a, b) => a.start - b.start);
		const same = sorted.findIndex((c, i) => i > 0 && c.start - sorted[i - 1].start < 0.001);
		if (same > 0) {
			view.say(t("chapterThere", {at: position(sorted[same].start), title: sorted[same].title}), true);
			return false;
		}
		const v = await view.attempt(() => post(view.path("/chapters"), {chapters: sorted}));
		if (!v || view.id !== id) return false;
		this.editing = -1;
		view.turns.chapters = view.scene.chapters = v.chapters;
		view.turns.kept = v.kept;
		this.show();
		if (at >= 0) this.focus(at);
		view.wave.resize();
		view.say(t(v.kept ? "chaptersSaved" : "chaptersDetected"));
		return true;
	}
}

function element(name, className) {
	return Object.assign(document.createElement(name), {className});
}

function button(className, text, label, action) {
	const b = Object.assign(element("button", className), {type: "button", textContent: text});
	b.setAttribute("aria-label", label);
	b.addEventListener("click", action);
	return b;
}
