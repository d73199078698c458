// Plays a recording from anywhere. What it plays stands in one or more files;
// parts say which stretch is in which, all times in seconds.
import {recordingPath} from "./api.js";

export class Player {
	constructor(audio, changed, failed) {
		this.audio = audio;
		this.changed = changed;
		this.parts = [];
		this.part = 0;
		this.wanted = 0; // while nothing is loaded
		for (const name of ["play", "pause", "seeked", "ended", "timeupdate"]) {
			audio.addEventListener(name, () => {
				if (name === "ended") this.next();
				this.changed();
			});
		}
		audio.addEventListener("loadedmetadata", () => {
			if (this.pending !== undefined) audio.currentTime = this.pending;
			this.pending = undefined;
		});
		audio.addEventListener("error", () => audio.error && audio.getAttribute("src") && failed());
	}

	// open begins with a recording. address says where a file of it is, if it is no
	// recording's.
	open(id, parts, address = (file) => recordingPath(id, "/audio/" + file)) {
		this.close();
		this.id = id;
		this.address = address;
		this.parts = parts;
		this.length = parts.length ? parts.at(-1).start + parts.at(-1).length : 0;
		this.wanted = 0;
		this.loop = null;
		if (parts.length) this.load(0, 0);
	}

	close() {
		this.audio.pause();
		this.audio.removeAttribute("src");
		this.file = undefined;
		this.parts = [];
	}

	// load makes a part the current one, at a time in its file.
	load(n, at) {
		this.part = n;
		const file = this.parts[n].file;
		if (file === this.file) {
			if (this.audio.readyState > 0) this.audio.currentTime = at;
			else this.pending = at;
			return;
		}
		this.file = file;
		this.pending = at;
		this.audio.src = this.address(file);
	}

	get playing() { return !this.audio.paused; }

	// position is where in the recording the playhead is.
	get position() {
		const p = this.parts[this.part];
		if (!p) return 0;
		const at = this.pending ?? this.audio.currentTime;
		return Math.max(0, Math.min(this.length, p.start + at - p.offset));
	}

	seek(seconds) {
		seconds = Math.max(0, Math.min(this.length, seconds));
		let n = this.parts.findIndex((p) => seconds < p.start + p.length);
		if (n < 0) n = this.parts.length - 1;
		if (n < 0) return;
		const p = this.parts[n];
		const playing = this.playing;
		this.load(n, p.offset + seconds - p.start);
		if (playing && this.audio.paused) this.play();
		this.changed();
	}

	play() {
		if (!this.parts.length) return;
		if (this.loop && (this.position < this.loop.from - 0.01 || this.position >= this.loop.to - 0.01)) this.seek(this.loop.from);
		else if (this.position >= this.length - 0.01) this.seek(0);
		const speed = this.audio.playbackRate;
		this.audio.play().then(() => { this.audio.playbackRate = speed; }, () => {});
	}

	pause() { this.audio.pause(); }
	toggle() { this.playing ? this.pause() : this.play(); }

	set speed(v) { this.audio.defaultPlaybackRate = this.audio.playbackRate = v; }

	// between plays a stretch once.
	between(from, to) {
		this.until = to;
		this.seek(from);
		this.play();
	}

	// tick is called for every picture: it turns back at the end of a loop,
	// goes on to the next part and stops at the end of a stretch.
	tick() {
		if (!this.playing) return;
		const at = this.position, p = this.parts[this.part];
		if (this.until !== undefined && at >= this.until) {
			this.until = undefined;
			this.pause();
		} else if (this.loop && at >= this.loop.to) {
			this.seek(this.loop.from);
		} else if (p && at >= p.start + p.length && this.part + 1 < this.parts.length) {
			this.next();
		}
	}

	next() {
		if (this.loop && this.position >= this.loop.to - 0.05) {
			this.seek(this.loop.from);
			this.audio.play().catch(() => {});
			return;
		}
		if (this.part + 1 >= this.parts.length) return;
		this.load(this.part + 1, this.parts[this.part + 1].offset);
		this.audio.play().catch(() => {});
	}
}
