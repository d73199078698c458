// Who has the floor: one voice for each position, for the colours of the waveform.

// A Floor is made of voices, {turns: [[start, end], …]}, with times in seconds.
// Where several speak at once, it is the one who spoke first.
export class Floor {
	constructor(voices, rate) {
		const turns = voices.flatMap((v, i) => v.turns.map(([start, end]) => ({start: start * rate, end: end * rate, voice: i})));
		turns.sort((a, b) => a.start - b.start || b.end - a.end);
		this.spans = [];
		let taken = 0;
		for (const {start, end, voice} of turns) {
			if (end <= taken) continue;
			this.spans.push({start: Math.max(start, taken), end, voice});
			taken = end;
		}
	}

	// columns fills out with the voice that has most of each of count columns, of
	// spp samples from a position on, and -1 where nobody is known to speak.
	columns(from, spp, count, out) {
		const {spans} = this;
		let a = 0, b = spans.length;
		while (a < b) {
			const m = (a + b) >> 1;
			if (spans[m].end <= from) a = m + 1;
			else b = m;
		}
		for (let x = 0; x < count; x++) {
			const start = from + x * spp, end = start + spp;
			while (a < spans.length && spans[a].end <= start) a++;
			let most = 0, voice = -1;
			for (let i = a; i < spans.length && spans[i].start < end; i++) {
				const share = Math.min(end, spans[i].end) - Math.max(start, spans[i].start);
				if (share > most) [most, voice] = [share, spans[i].voice];
			}
			out[x] = voice;
		}
	}
}
