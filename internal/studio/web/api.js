// Requests to the server that this page came from.
import {problem as told} from "./words.js";

// A Refusal is what the server, or the network, says when something cannot be
// done. Its message is in the page's language where that has words for the kind,
// and otherwise in English.
export class Refusal extends Error {
	constructor(problem) {
		const words = told(problem.kind, {hint: problem.hint});
		super(words ?? problem.message);
		this.english = words === undefined;
		this.kind = problem.kind;
		this.detail = problem.message;
		this.hint = problem.hint;
		this.consent = problem.consent;
	}
}

async function read(response) {
	let v = null;
	try {
		v = await response.json();
	} catch {
		throw new Refusal({kind: response.status === 403 ? "closed" : "failed", message: response.statusText});
	}
	if (v.error) throw new Refusal(v.error);
	return v;
}

async function request(path, options) {
	let response;
	try {
		response = await fetch(path, {credentials: "same-origin", ...options});
	} catch (e) {
		if (e.name === "AbortError") throw e;
		throw new Refusal({kind: "offline", message: e.message});
	}
	return response;
}

// Paths are relative to the page, which lies in a folder of its own.
export const recordingPath = (id, more = "") => "api/recordings/" + encodeURIComponent(id) + more;

export async function get(path, options) {
	return read(await request(path, options));
}

export async function getBytes(path) {
	const response = await request(path);
	if (!response.ok) await read(response);
	return response.arrayBuffer();
}

export async function post(path, body = {}, options = {}) {
	return read(await request(path, {
		...options,
		method: "POST", body: JSON.stringify(body),
		headers: {"Content-Type": "application/json", "X-Spaces-Studio": "1"},
	}));
}

// send uploads a file. progress is told how many bytes have gone; a signal that
// is aborted ends it. (fetch tells nothing of what it sends.)
export function send(path, file, progress, signal) {
	return new Promise((resolve, reject) => {
		const x = new XMLHttpRequest();
		x.open("POST", path);
		x.setRequestHeader("Content-Type", "application/octet-stream");
		x.setRequestHeader("X-Spaces-Studio", "1");
		x.upload.addEventListener("progress", (e) => progress(e.loaded));
		x.addEventListener("load", () => {
			const response = new Response(x.responseText, {status: x.status || 500, statusText: x.statusText});
			read(response).then(resolve, reject);
		});
		x.addEventListener("error", () => reject(new Refusal({kind: "offline", message: "the connection was lost"})));
		x.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
		signal.addEventListener("abort", () => x.abort());
		x.send(file);
		progress(0);
	});
}

// work asks for something that may take long. progress is told the share
// that is done, from 0 to 1, how to stop it, and which phase it is in.
export async function work(path, body, progress = () => {}) {
	const first = await post(path, body);
	if (!first.task) return first.result;
	return follow(first.task, progress);
}

// follow waits for a task that is under way.
export function follow(id, progress) {
	const task = "api/tasks/" + encodeURIComponent(id);
	const stop = () => post(task + "/stop");
	progress(0, stop);
	return new Promise((resolve, reject) => {
		const events = new EventSource(task + "/events");
		events.addEventListener("progress", (e) => {
			const {done, total, phase} = JSON.parse(e.data);
			progress(total > 0 ? Math.min(1, done / total) : 0, stop, phase);
		});
		events.addEventListener("end", (e) => {
			events.close();
			const {result, error} = JSON.parse(e.data);
			if (error) reject(new Refusal(error));
			else resolve(result);
		});
		events.onerror = () => {
			if (events.readyState !== EventSource.CLOSED) return; // it tries again by itself
			reject(new Refusal({kind: "offline", message: "the connection was lost"}));
		};
	});
}
