// What was said in the recordings of the library, below the field that looks for
// them: each passage opens its recording at its time.
import {get} from "./api.js";
import {date, exact, position} from "./time.js";
import {handle, joined, t} from "./words.js";

const byId = (id) => document.getElementById(id);
const few = 3, many = 60;

export class Passages {
	constructor(say) {
		this.say = say;
		this.run = 0;
		byId("said-more").addEventListener("click", () => this.load(this.words, this.state, many));
	}

	hide() {
		this.run++;
		this.list = null;
		byId("passages").hidden = true;
	}

	// load looks for words in recordings of a state.
	async load(words, state, limit = few) {
		const run = ++this.run;
		[this.words, this.state] = [words, state];
		if (!words.trim()) {
			this.hide();
			return;
		}
		let list;
		try {
			list = await get("api/said?" + new URLSearchParams({words, state, limit}));
		} catch (e) {
			if (run === this.run) {
				this.hide();
				this.say(e, true);
			}
			return;
		}
		if (run !== this.run) return;
		this.list = list;
		this.render();
		if (limit === many) byId("passages-list").querySelectorAll("a")[few]?.focus();
	}

	render() {
		const {list} = this;
		byId("passages").hidden = !list || !list.passages.length && !list.behind;
		if (!list) return;
		byId("passages-list").replaceChildren(...list.passages.map(item));
		byId("said-more").hidden = !list.more || list.passages.length >= many;
		byId("passages-behind").textContent = list.behind ? t("saidBehind", {reason: list.behind}) : "";
		byId("passages-behind").hidden = !list.behind;
	}
}

function item(p) {
	const li = document.createElement("li"), a = document.createElement("a"), words = span("said-words", ""), about = span("quiet", "");
	a.href = `#/r/${encodeURIComponent(p.id)}?t=${exact(p.at)}`;
	p.parts.forEach((part, i) => words.append(i % 2 ? Object.assign(document.createElement("mark"), {textContent: part}) : part));
	words.dir = "auto";
	const who = joined(p.speakers.map(handle));
	const facts = [position(p.at), who && (p.approximate ? "≈ " : "") + who, p.untitled ? t("noTitle") : p.title, p.started_at ? date(new Date(p.started_at)) : t("undated")];
	facts.filter(Boolean).forEach((text, i) => {
		if (i > 0) about.append(" · ");
		about.append(Object.assign(document.createElement("bdi"), {textContent: text}));
	});
	a.append(words, about);
	li.append(a);
	return li;
}

function span(className, text) {
	return Object.assign(document.createElement("span"), {className, textContent: text});
}
