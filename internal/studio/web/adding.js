// What is given to the library: files that are dropped or chosen, links and
// paths. One thing is taken in at a time.
import {follow, post, Refusal, send, work} from "./api.js";
import {answer} from "./dialog.js";
import {Taken} from "./taken.js";
import {bytes} from "./time.js";
import {t} from "./words.js";
import {right, wrong} from "./wrong.js";

const byId = (id) => document.getElementById(id);

export class Adding {
	// added is told that there may be other recordings.
	constructor(session, say, added) {
		this.say = say;
		this.added = added;
		this.taken = new Taken();
		byId("add-open").addEventListener("click", () => this.open(!this.opened));
		byId("add-choose").addEventListener("click", () => byId("add-files").click());
		byId("add-files").addEventListener("change", (e) => {
			this.files([...e.target.files]);
			e.target.value = ""; // the same file may be chosen again
		});
		byId("add-address").addEventListener("input", () => right(byId("add-address"), byId("add-wrong")));
		byId("add-form").addEventListener("submit", (e) => {
			e.preventDefault();
			this.address(byId("add-address").value.trim());
		});
		byId("add").addEventListener("keydown", (e) => {
			if (e.key === "Escape" && this.opened) this.open(false);
		});
		byId("intake-stop").addEventListener("click", () => this.stop?.());
		addEventListener("beforeunload", (e) => this.uploading && e.preventDefault());
		this.listen();
		session.then((s) => {
			this.session = s;
			this.render();
			if (s.intake) this.run(t("library"), (progress) => follow(s.intake, progress));
		}, () => {});
	}

	// listen takes what is dropped anywhere on the page.
	listen() {
		let depth = 0; // of elements that the mouse is in
		const ours = (e) => this.can && [...e.dataTransfer?.types ?? []].some((type) => type === "Files" || type === "text/uri-list");
		const show = (on) => { byId("dropping").hidden = !on; };
		addEventListener("dragenter", (e) => {
			if (!ours(e)) return;
			e.preventDefault();
			depth++;
			show(true);
		});
		addEventListener("dragover", (e) => {
			if (!ours(e)) return;
			e.preventDefault();
			e.dataTransfer.dropEffect = "copy";
		});
		addEventListener("dragleave", (e) => {
			if (ours(e) && --depth <= 0) show(false);
		});
		addEventListener("drop", (e) => {
			depth = 0;
			show(false);
			if (!ours(e)) return;
			e.preventDefault();
			location.hash = "#/";
			const folder = [...e.dataTransfer.items].some((i) => i.webkitGetAsEntry?.()?.isDirectory);
			const files = [...e.dataTransfer.files], link = e.dataTransfer.getData("text/uri-list").split(/[\r\n]+/).find((l) => l && !l.startsWith("#"));
			if (files.length && !folder) this.files(files);
			else if (link && !files.length) this.address(link);
			else this.say(t("dropNothing"), true);
		});
	}

	// can says whether something can be added now.
	get can() { return this.session && !this.session.read_only; }

	// of says whether the library is empty: then the place for files is open.
	of(empty) {
		this.empty = empty;
		this.render();
	}

	open(on) {
		this.opened = on;
		this.render();
		if (on) byId("add-choose").focus();
		else byId("add-open").focus();
	}

	render() {
		const fixed = Boolean(this.session?.read_only), {can} = this;
		byId("add-fixed").hidden = !fixed;
		byId("add-open").hidden = !can || this.empty !== false;
		byId("add-open").setAttribute("aria-expanded", String(Boolean(this.opened)));
		byId("add").hidden = !can || this.empty === undefined || Boolean(this.running) || !(this.empty || this.opened);
		byId("add").classList.toggle("large", Boolean(this.empty));
		byId("add-form").hidden = this.session?.here === false;
		byId("intake").hidden = !this.running;
		this.taken.render();
	}

	// files uploads files and has them taken in.
	async files(files) {
		if (!files.length) return;
		const name = files.length === 1 ? files[0].name : t("nFiles", {n: files.length}), total = files.reduce((sum, f) => sum + f.size, 0);
		await this.run(name, async (progress) => {
			let upload, request;
			this.uploading = true;
			try {
				const gone = new AbortController();
				({upload} = await post("api/incoming", {files: files.map((f) => ({name: f.name, size: f.size}))}));
				const path = "api/incoming/" + encodeURIComponent(upload);
				let before = 0;
				for (const [i, file] of files.entries()) {
					request = send(`${path}/files/${i}`, file, (done) => progress(total ? (before + done) / total : 0, () => gone.abort(), "uploading", before + done, total), gone.signal);
					await request;
					before += file.size;
				}
			} catch (e) {
				if (upload) post(`api/incoming/${encodeURIComponent(upload)}/discard`).catch(() => {});
				throw e;
			} finally {
				this.uploading = false;
			}
			return work("api/intake", {upload}, progress);
		});
	}

	// address has what lies at a link or a path taken in.
	async address(text, all = false) {
		const field = byId("add-address");
		if (!this.empty) this.opened = true;
		field.value = text;
		right(field, byId("add-wrong"));
		this.render();
		await this.run(text, (progress) => work("api/intake", all ? {address: text, all} : {address: text}, progress), async (e) => {
			if (e.kind === "mixed-folder") {
				byId("mixed-text").textContent = t("mixedWhat", {n: Number(e.hint)});
				if (await answer(byId("mixed")) === "yes") this.address(text, true);
				return;
			}
			wrong(field, byId("add-wrong"), e);
		});
	}

	// run shows how something gets on, and what came of it. refused is told of an
	// error, where the field is that it is about.
	async run(name, doing, refused = (e) => this.say(e, true)) {
		if (this.running) {
			this.say(t("error.intake-busy"), true);
			return;
		}
		const bar = byId("intake-bar"), how = byId("intake-how");
		this.running = true;
		this.stop = null;
		this.taken.close();
		byId("intake-what").textContent = name;
		how.textContent = t("intake.reading");
		bar.removeAttribute("value");
		byId("intake-stop").disabled = true;
		this.render();
		let result, error, last;
		try {
			result = await doing((share, stop, phase, done, total) => {
				last = phase;
				this.stop = () => {
					this.stopped = true;
					byId("intake-stop").disabled = true;
					stop();
				};
				byId("intake-stop").disabled = Boolean(this.stopped);
				if (share > 0) bar.value = share;
				else bar.removeAttribute("value");
				const text = t("intake." + (phase || "reading"), {done: bytes(done ?? 0), total: bytes(total ?? 0)});
				if (how.textContent !== text) how.textContent = text;
			});
		} catch (e) {
			error = e;
		}
		const stopped = this.stopped;
		this.running = this.stopped = false;
		if (result) {
			byId("add-address").value = "";
			this.opened = false;
			this.taken.show(result);
		}
		this.render();
		if (stopped && error) this.say(last === "saving" ? t("intakeKept") : t("intakeStopped"));
		else if (error) await refused(error instanceof Refusal ? error : new Refusal({kind: "failed", message: String(error)}));
		this.added();
	}
}
