// The dialog in which a clip becomes a video: one of its pictures at once, and then
// the video itself as it would be saved.
import {post, recordingPath} from "./api.js";
import {Designer} from "./designer.js";
import {t} from "./words.js";

const byId = (id) => document.getElementById(id);
const longest = 20 * 60; // seconds that are shown before they are saved
const pause = 350, longer = 900; // ms after the last change: until the picture, and until the video

export class Film {
	// changed is called when another look is chosen, and when the dialog closes.
	constructor(changed) {
		this.designer = new Designer(changed);
		const picture = byId("picture"), video = byId("preview");
		picture.addEventListener("load", () => { picture.hidden = !video.hidden; });
		picture.addEventListener("error", () => { picture.hidden = true; });
		byId("film-close").addEventListener("click", () => this.close());
		byId("film").addEventListener("close", changed);
	}

	get on() { return byId("film").open; }
	get look() { return this.on ? {...this.designer.look, ...this.without} : {}; }
	get flags() { return this.on ? [...this.designer.flags, ...Object.entries(this.without).flatMap(([k, v]) => ["--" + k, v])] : []; }
	// without leaves out the captions, which a recording with a transcript has.
	get without() { return byId("captions").checked || !byId("recording").classList.contains("with-words") ? {} : {captions: "none"}; }

	// again asks for the picture anew: its captions have changed.
	again() {
		byId("picture").removeAttribute("src");
		this.asked = "";
	}

	async open() {
		byId("film").showModal();
		await this.designer.load();
	}

	close() { if (this.on) byId("film").close(); }

	// show shows the clip that is chosen, a while after the last change.
	show(id, span, seconds, title) {
		const picture = byId("picture"), frame = byId("frame");
		if (!this.on || !span || seconds > longest) {
			clearTimeout(this.timer);
			this.end();
			picture.hidden = true;
			picture.removeAttribute("src");
			frame.hidden = seconds > longest;
			return;
		}
		frame.hidden = false;
		frame.classList.toggle("wide", byId("shape").value === "wide");
		const asked = {...span, ...this.look, title};
		const src = recordingPath(id, "/picture?" + new URLSearchParams(asked));
		if (this.asked === src) return; // what is under way goes on
		clearTimeout(this.timer);
		this.end();
		this.asked = src;
		this.designer.about(seconds);
		picture.alt = t("pictureOf", {shape: t("shape." + byId("shape").value)});
		this.timer = setTimeout(() => {
			picture.src = src;
			this.timer = setTimeout(() => this.render(id, asked, seconds), longer - pause);
		}, picture.getAttribute("src") ? pause : 0);
	}

	// end forgets the video that is shown, and the one that is being made.
	end() {
		this.stop?.abort();
		this.asked = "";
		const video = byId("preview");
		if (video.getAttribute("src")) {
			video.pause();
			video.removeAttribute("src");
			video.load();
		}
		if (!video.hidden) byId("picture").hidden = !byId("picture").complete || !byId("picture").getAttribute("src");
		video.hidden = true;
		byId("preview-state").textContent = "";
	}

	// render has the video made, small, and shows it in the place of the picture.
	async render(id, asked, seconds) {
		const state = byId("preview-state"), video = byId("preview"), stop = this.stop = new AbortController();
		state.textContent = t("previewing");
		try {
			const made = await post(recordingPath(id, "/preview"), asked, {signal: stop.signal});
			if (stop.signal.aborted) return;
			video.poster = byId("picture").src;
			video.src = "api/previews/" + made.preview;
			video.hidden = false;
			byId("picture").hidden = true;
			state.textContent = made.seconds < seconds - 0.5 ? t("previewPart", {seconds: Math.round(made.seconds)}) : "";
			this.designer.about(seconds, made);
		} catch (e) {
			if (!stop.signal.aborted) state.textContent = t("previewFailed", {why: e.message});
		}
	}
}
