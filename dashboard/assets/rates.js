// Makes rates of what servers count: a rate is the difference of two snapshots by their time.

// Two minutes of a snapshot a second.
export const POINTS = 120;

const COUNTED = ["calls", "accepted", "bytes_in", "bytes_out"];

export class Rates {
  constructor() {
    this.history = [];
    this.before = null;
    this.arms = new Map();
  }

  // Takes a server's part of a snapshot.
  add(at, server) {
    const before = this.before;
    this.before = { at, server };
    if (!before || at <= before.at) {
      return;
    }
    const seconds = (at - before.at) / 1000;
    const since = (now, then) => Math.max(0, (now ?? 0) - (then ?? 0)) / seconds;
    const point = { connections: server.connections };
    for (const name of COUNTED) {
      point[name] = since(server[name], before.server[name]);
    }
    server.arms.forEach((arm, place) => {
      this.arms.set(place, since(arm.calls, before.server.arms[place]?.calls));
    });
    this.history.push(point);
    this.history.splice(0, this.history.length - POINTS);
  }

  of(name) {
    return this.history.map((point) => point[name]);
  }

  now(name) {
    return this.history.at(-1)?.[name] ?? 0;
  }
}
