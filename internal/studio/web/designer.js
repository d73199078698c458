// The controls of the dialog in which a clip becomes a video: how it looks, as the
// videos of the show do unless something else is chosen.
import {get, post} from "./api.js";
import {position} from "./time.js";
import {joined, t} from "./words.js";

const byId = (id) => document.getElementById(id);

const fields = {shape: "shape", look: "film-look", theme: "look", accent: "accent", size: "film-size", fps: "film-fps"};
const usual = {shape: "wide", look: "clean", theme: "dark", accent: "#2f80ed", size: "720", fps: "25"};
const sides = {wide: [16, 9], square: [1, 1], portrait: [4, 5], tall: [9, 16]}; // as clip/audiogram has them

export class Designer {
	// changed is called when something else is chosen.
	constructor(changed) {
		this.show = {...usual, speakers: false};
		byId("film-speakers").addEventListener("change", (e) => { this.wanted = e.target.checked; });
		for (const id of [...Object.values(fields), "captions", "film-speakers"]) byId(id).addEventListener("change", changed);
		byId("keep-look").addEventListener("click", () => this.keep());
	}

	// load reads the look of the show, once for each time that the dialog opens.
	async load() {
		try {
			const {look, keep, x} = await get("api/look");
			this.x = x;
			byId("keep-look").hidden = !keep;
			for (const name in fields) {
				this.show[name] = look["video." + name] || usual[name];
				if (!this.touched) byId(fields[name]).value = this.show[name];
			}
			this.show.speakers = look["video.speakers"] === "true";
			this.wanted ??= this.show.speakers;
			this.touched = true;
			this.names(this.confirmed);
		} catch { // as it usually is
		}
	}

	// names offers to show who speaks where the host has confirmed it, and says why not
	// elsewhere. What was chosen comes back with a recording where that is so.
	names(confirmed) {
		const box = byId("film-speakers");
		this.confirmed = confirmed;
		box.disabled = !confirmed;
		box.checked = Boolean(confirmed && this.wanted);
		byId("film-speakers-why").hidden = confirmed !== false; // unknown as yet
		if (confirmed !== false) box.removeAttribute("aria-describedby");
		else box.setAttribute("aria-describedby", "film-speakers-why");
	}

	// look is what the server is asked for.
	get look() {
		const all = {speakers: byId("film-speakers").checked ? "yes" : "no"};
		for (const name in fields) all[name] = byId(fields[name]).value;
		if (all.accent === usual.accent && this.show.accent === usual.accent) delete all.accent; // the look has a colour of its own
		all.size = Number(all.size);
		all.fps = Number(all.fps);
		return all;
	}

	// flags are those of the command line that does the same: what the settings say
	// need not be said.
	get flags() {
		const words = [];
		for (const name in fields) {
			const value = byId(fields[name]).value;
			if (value !== this.show[name]) words.push("--" + name, name === "accent" ? `"${value}"` : value);
		}
		const speakers = byId("film-speakers").checked;
		if (this.confirmed && speakers !== this.show.speakers) words.push(speakers ? "--speakers" : "--speakers=false");
		return words;
	}

	// about tells what X does not take, and what no font can write.
	about(seconds, made) {
		const list = [], x = this.x, [a, b] = sides[byId("shape").value], scale = byId("film-size").value / Math.min(a, b);
		const width = Math.round(a * scale), height = Math.round(b * scale);
		if (x) {
			const fits = (w, h) => w <= x.width && h <= x.height;
			if (!fits(width, height) && !fits(height, width)) list.push(t("tooLarge", {width: String(x.width), height: String(x.height)}));
			if (seconds > x.most_seconds) list.push(t("tooLongMost", {most: position(x.most_seconds)}));
			else if (seconds > x.seconds) list.push(t("tooLongFree", {free: position(x.seconds)}));
		}
		if (made?.unwritten?.length) {
			list.push(t("noFont", {scripts: joined([...new Set(made.unwritten.map((u) => u.script))])}) + (made.hint ? " " + made.hint : ""));
		}
		if (made?.adjusted) list.push(t("adjusted", {colour: made.adjusted}));
		byId("film-about").replaceChildren(...list.map((text) => Object.assign(document.createElement("li"), {textContent: text})));
	}

	async keep() {
		const all = {"video.speakers": String(this.confirmed ? byId("film-speakers").checked : this.show.speakers)};
		for (const name in fields) all["video." + name] = byId(fields[name]).value;
		if (all["video.accent"] === usual.accent) all["video.accent"] = "";
		try {
			await post("api/look", all);
			await this.load();
			byId("preview-state").textContent = t("lookKept");
		} catch (e) {
			byId("preview-state").textContent = [e.message, e.hint].filter(Boolean).join(" · ");
		}
	}
}
