// The dialog in which a clip becomes a video: how it looks, with one of its
// pictures.
import {recordingPath} from "./api.js";
import {t} from "./words.js";

const byId = (id) => document.getElementById(id);
const longest = 20 * 60; // seconds that are shown before they are saved

export class Film {
	// changed is called when another look is chosen, and when the dialog closes.
	constructor(changed) {
		for (const id of ["shape", "look", "captions"]) byId(id).addEventListener("change", changed);
		byId("picture").addEventListener("load", () => { byId("picture").hidden = false; });
		byId("picture").addEventListener("error", () => { byId("picture").hidden = true; });
		byId("film-close").addEventListener("click", () => this.close());
		byId("film").addEventListener("close", changed);
	}

	get on() { return byId("film").open; }
	get look() { return this.on ? {shape: byId("shape").value, theme: byId("look").value, ...this.without} : {}; }
	// without leaves out the captions, which a recording with a transcript has.
	get without() { return byId("captions").checked || !byId("recording").classList.contains("with-words") ? {} : {captions: "none"}; }

	// again asks for the picture anew: its captions have changed.
	again() { byId("picture").removeAttribute("src"); }

	open() { byId("film").showModal(); }

	close() { if (this.on) byId("film").close(); }

	// show shows a picture of the clip that is chosen, a while after the last
	// change.
	show(id, span, seconds, title) {
		clearTimeout(this.timer);
		const picture = byId("picture"), frame = byId("frame");
		for (const shape of ["wide", "square", "tall"]) frame.classList.toggle(shape, byId("shape").value === shape);
		if (!this.on || !span || seconds > longest) {
			picture.hidden = true;
			picture.removeAttribute("src");
			frame.hidden = seconds > longest;
			return;
		}
		frame.hidden = false;
		const src = recordingPath(id, "/picture?" + new URLSearchParams({...span, ...this.look, title}));
		if (picture.getAttribute("src") === src) return;
		picture.alt = t("pictureOf", {shape: t("shape." + byId("shape").value)});
		this.timer = setTimeout(() => { picture.src = src; }, picture.src ? 350 : 0);
	}
}
