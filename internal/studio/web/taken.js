// What came of an archive or a link: the recordings that were found, and what
// could not be saved.
import {date, position} from "./time.js";
import {language, problem as told, t} from "./words.js";

const byId = (id) => document.getElementById(id);

export class Taken {
	constructor() {
		byId("taken-close").addEventListener("click", () => {
			this.close();
			(byId("add-open").hidden ? byId("add-choose") : byId("add-open")).focus();
		});
	}

	show(result) {
		this.result = result;
		this.fresh = true;
		this.render();
	}

	close() {
		this.result = null;
		this.render();
	}

	render() {
		const r = this.result;
		byId("taken").hidden = !r;
		if (!r) return;
		const wrong = r.problems.some((p) => p.failed);
		byId("h-taken").textContent = r.saved > 0 ? t("takenSaved", {n: r.saved}) : wrong ? t("takenFailed") : t("takenNone");
		const about = [];
		if (r.account) about.push(t("takenOf", {who: r.account}));
		if (r.made_at) about.push(t("takenMade", {at: date(new Date(r.made_at))}));
		const heard = r.rows.filter((row) => row.action === "unchanged" && row.state !== "no-audio").length;
		if (heard) about.push(t("takenHere", {n: heard}));
		if (r.no_audio) about.push(t("takenNoAudio", {n: r.no_audio}));
		if (r.removed) about.push(t("takenRemoved", {n: r.removed}));
		if (r.failed) about.push(t("takenLost", {n: r.failed}));
		byId("taken-about").textContent = about.join(" · ");
		byId("taken-rows").replaceChildren(...r.rows.map(row));
		byId("taken-problems").replaceChildren(...r.problems.map(problem), ...r.notes.map((text) => item("note", text)));
		if (this.fresh) byId("h-taken").focus({preventScroll: true});
		this.fresh = false;
	}
}

function row(r) {
	const li = document.createElement("li"), name = r.untitled ? t("noTitle") : r.title;
	const word = r.removed ? "removed" : r.failed ? "failed" : r.better ? "better" : r.state === "no-audio" ? "no-audio" : r.action;
	const lost = r.lost_seconds > 0 ? ", " + t("lost", {t: Math.round(r.lost_seconds)}) : "";
	const title = r.removed || r.action === "failed" ? span("name", name) : Object.assign(document.createElement("a"), {className: "name", href: "#/r/" + encodeURIComponent(r.id), textContent: name});
	li.append(title, span("quiet", r.started_at ? date(new Date(r.started_at)) : t("undated")), span("duration", r.duration >= 0 ? position(r.duration) : "–"), span("badge " + (r.failed ? "missing" : r.lost_seconds > 0 ? "damaged" : word === "added" || word === "updated" ? "complete" : ""), t("taken." + word) + lost));
	return li;
}

function problem(p) {
	const words = told(p.kind), li = item(p.failed ? "failed" : "note", (p.subject ? p.subject + ": " : "") + (words ?? p.message));
	if (words === undefined && p.hint) li.append(span("quiet", p.hint));
	if (words === undefined && language() !== "en") Object.assign(li, {lang: "en", dir: "ltr"});
	return li;
}

function item(className, text) {
	const li = document.createElement("li");
	li.className = className;
	li.append(span("what", text));
	return li;
}

function span(className, text) {
	return Object.assign(document.createElement("span"), {className, textContent: text});
}
