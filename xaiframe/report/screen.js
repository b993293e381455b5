"use strict";
(function () {
  const json = (id) => JSON.parse(document.getElementById(id)?.textContent || "null");
  const make = (tag, text, parent) => { const e = document.createElement(tag); if (text != null) e.textContent = text; if (parent) parent.append(e); return e; };

  // Charts come alive when they are first seen; until then, and on paper, their drawing stands.
  const specs = json("specs") || {}, config = json("config") || {};
  function enliven(holder) {
    const spec = specs[holder.dataset.spec];
    if (!spec || !window.vegaEmbed) return;
    const stage = document.createElement("div");
    window.vegaEmbed(stage, { ...spec, config }, { renderer: "svg", actions: false, ast: false })
      .then(() => holder.replaceChildren(stage)).catch(() => {});
  }
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting) { seen.unobserve(entry.target); enliven(entry.target); }
  }), { rootMargin: "300px" });
  document.querySelectorAll(".picture[data-spec]").forEach((holder) => seen.observe(holder));

  // Where you are.
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.getAttribute("href").slice(1), a]));
  const where = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (!entry.isIntersecting) return;
    links.forEach((a) => a.classList.remove("here"));
    links.get(entry.target.id)?.classList.add("here");
  }), { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("section.chapter").forEach((section) => where.observe(section));

  // Tables: sort by heading, filter by status and text.
  const worth = (row, column) => { const cell = row.cells[column], raw = cell.dataset.sort ?? cell.textContent.trim(), value = Number(raw); return raw !== "" && !Number.isNaN(value) ? value : raw.toLowerCase(); };
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => head.addEventListener("click", () => {
      const order = head.dataset.order === "1" ? -1 : 1;
      heads.forEach((other) => delete other.dataset.order);
      head.dataset.order = String(order);
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort((a, b) => order * compare(worth(a, column), worth(b, column))));
    }));
  });
  document.querySelectorAll("select[data-filter]").forEach((select) => {
    const box = document.getElementById(select.dataset.filter), search = box.querySelector("input[type=search]");
    const rows = [...box.querySelectorAll("tbody tr")];
    [...new Set(rows.map((row) => row.dataset.status).filter(Boolean))].forEach((status) => { make("option", status.replace("_", " "), select).value = status; });
    const apply = () => rows.forEach((row) => { row.hidden = Boolean(select.value && row.dataset.status !== select.value) || !row.textContent.toLowerCase().includes(search.value.toLowerCase()); });
    select.addEventListener("change", apply);
    search.addEventListener("input", apply);
  });
  document.querySelectorAll("pre.command").forEach((pre) => { pre.title = "Click to copy"; pre.addEventListener("click", () => navigator.clipboard?.writeText(pre.textContent)); });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));

  // Explorer: any explained instance under any two methods.
  const data = json("explorer-data");
  if (!data) return;
  const pick = (id) => document.getElementById("explorer-" + id);
  data.instances.forEach((one, at) => { make("option", `row ${one.id}: ${one.predicted}${one.kind ? ` (${one.kind})` : ""}`, pick("instance")).value = at; });
  for (const side of ["left", "right"]) data.methods.forEach((one, at) => { make("option", `${one.direction} · ${one.name}`, pick(side)).value = at; });
  pick("all").parentElement.hidden = ["image", "text"].includes(data.modality);
  pick("right").value = String(Math.max(0, data.methods.findIndex((one) => one.direction === "G")));
  const [P, G] = ["#0b4f7d", "#e69f00"];
  function bars(parent, at, methods) {
    const shares = methods.map((method) => method.shares[at]);
    const size = (f) => Math.max(...shares.map((s) => Math.abs(s[f])));
    const order = data.features.map((_, f) => f).sort((a, b) => size(b) - size(a)).slice(0, pick("all").checked ? undefined : 12);
    const top = size(order[0]) || 1;
    order.forEach((f) => {
      const row = make("div", null, parent); row.className = "row";
      make("span", `${data.features[f]} = ${data.inputs[at][f]} ${data.units[f]}`, row);
      methods.forEach((method, m) => {
        const track = make("span", null, row), bar = make("i", null, track), share = shares[m][f];
        track.className = "track" + (method.below ? " faded" : ""); track.title = share.toPrecision(3);
        bar.style.background = method.direction === "P" ? P : G;
        bar.style.width = `${(50 * Math.abs(share)) / top}%`;
        bar.style[share >= 0 ? "left" : "right"] = "50%";
      });
    });
  }
  function canvas(parent, title, [high, wide], colour) {
    const box = make("figure", null, parent); make("figcaption", title, box);
    const c = make("canvas", null, box), pen = c.getContext("2d"); c.width = wide; c.height = high;
    for (let k = 0; k < high * wide; k++) { pen.fillStyle = colour(k); pen.fillRect(k % wide, Math.floor(k / wide), 1, 1); }
    return c;
  }
  // Runs of equal numbers, row by row, as one number per pixel.
  const unrolled = (runs) => { const all = []; for (let k = 0; k < runs.length; k += 2) for (let n = 0; n < runs[k + 1]; n++) all.push(runs[k]); return all; };
  function maps(parent, at, methods) {
    const holder = make("div", null, parent); holder.className = "maps";
    const own = data.pictures[at], mask = unrolled(own.mask), box = make("figure", null, holder);
    make("figcaption", own.file || "input", box);
    const image = make("img", null, box); image.src = own.source; image.alt = "input picture";
    const limit = Math.max(...methods.flatMap((method) => method.shares[at].map(Math.abs))) || 1;
    methods.forEach((method) => {
      const map = canvas(holder, `${method.direction} · ${method.name}`, own.shape, (k) => {
        const share = method.shares[at][mask[k]] / limit, end = share >= 0 ? [214, 116, 0] : [11, 79, 125], w = Math.abs(share);
        return `rgb(${end.map((v) => Math.round((1 - w) * 250 + w * v)).join()})`;
      });
      if (method.below) map.className = "faded";
    });
  }
  function words(parent, at, methods) {
    const spoken = data.texts[at].filter(([, , f]) => f >= 0);
    const limit = Math.max(...methods.flatMap((method) => spoken.map(([, , f]) => Math.abs(method.shares[at][f])))) || 1;
    methods.forEach((method) => {
      const box = make("figure", null, parent), line = make("p", null, box);
      make("figcaption", `${method.direction} · ${method.name}`, box); box.prepend(box.lastChild);
      line.className = "words" + (method.below ? " faded" : "");
      data.texts[at].forEach(([gap, word, f]) => {
        line.append(gap);
        if (f < 0) return;
        const share = method.shares[at][f], w = Math.abs(share) / limit, end = !method.signed ? [158, 162, 166] : share >= 0 ? [240, 160, 48] : [111, 168, 220];
        const span = make("span", word, line); span.title = share.toPrecision(3);
        if (w >= 0.02) span.style.background = `rgb(${end.map((v) => Math.round(255 - (255 - v) * w)).join()})`;
        if (w >= 0.08) span.className = !method.signed ? "size" : share >= 0 ? "for" : "against";
      });
    });
  }
  const draw = (tag, given, parent, text) => { const e = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const key in given) e.setAttribute(key, given[key]); if (text != null) e.textContent = text; parent.append(e); return e; };
  const minus = (value) => String(value).replace("-", "−");
  // Round numbers between two ends, about five.
  function ticks(from, to) {
    const rough = (to - from) / 5, ten = 10 ** Math.floor(Math.log10(rough)), step = ten * [1, 2, 5, 10].find((k) => k * ten >= rough), found = [];
    for (let k = Math.ceil(from / step); k * step <= to; k++) found.push(Number((k * step).toPrecision(6)));
    return found;
  }
  const LEFT = 64, WIDE = 900, TALL = 110, FOOT = 34;
  function lane(parent, { title, segments, curves }, at, method, limit, last) {
    const [from, to] = data.series.ends, own = curves[at], low = Math.min(...own), high = Math.max(...own), room = (high - low) * 0.08 || 1;
    const x = (time) => LEFT + ((WIDE - LEFT) * (time - from)) / (to - from), y = (value) => (TALL * (high + room - value)) / (high - low + 2 * room);
    const svg = draw("svg", { viewBox: `0 0 ${WIDE} ${TALL + (last ? FOOT : 4)}`, role: "img", "aria-label": `${title}, shaded by ${method.name}` }, parent);
    segments.forEach(([f, start, stop]) => {
      const share = method.shares[f], w = Math.abs(share) / limit, end = !method.signed ? [107, 112, 117] : share >= 0 ? [214, 116, 0] : [11, 79, 125];
      const box = draw("rect", { x: x(start), y: 0, width: x(stop) - x(start), height: TALL, fill: `rgb(${end.map((v) => Math.round((1 - w) * 250 + w * v)).join()})` }, svg);
      draw("title", {}, box, `${data.features[f]}: ${share.toPrecision(3)}`);
    });
    draw("polyline", { points: own.map((value, k) => `${(LEFT + ((WIDE - LEFT) * (k + 0.5)) / own.length).toFixed(1)},${y(value).toFixed(1)}`).join(" "), class: "curve" }, svg);
    if (method.signed) segments.forEach(([f, start, stop]) => {
      if (Math.abs(method.shares[f]) >= limit / 6) draw("text", { x: x((start + stop) / 2), y: TALL - 5, class: "sign" }, svg, method.shares[f] > 0 ? "+" : "−");
    });
    for (const value of high > low ? [low, high] : [low]) draw("text", { x: LEFT - 6, y: y(value) + 4, class: "value" }, svg, minus(Number(value.toPrecision(3))));
    draw("text", { transform: `translate(12 ${TALL / 2}) rotate(-90)`, class: "title" }, svg, title);
    if (!last) return;
    ticks(from, to).forEach((time) => draw("text", { x: x(time), y: TALL + 14, class: "time" }, svg, minus(time)));
    draw("text", { x: (LEFT + WIDE) / 2, y: TALL + 29, class: "title" }, svg, data.series.axis);
  }
  // The curve once per method, of the channels that carry most, then the segments as bars.
  function curves(parent, at, methods) {
    const chosen = methods.map((method) => ({ ...method, shares: method.shares[at] }));
    const most = ({ segments }) => Math.max(...chosen.flatMap((one) => segments.map(([f]) => Math.abs(one.shares[f]))));
    const lanes = data.series.lanes, loud = [...lanes].sort((a, b) => most(b) - most(a)).slice(0, pick("all").checked ? undefined : 4);
    const shown = lanes.filter((one) => loud.includes(one)), limit = Math.max(...lanes.map(most)) || 1;
    chosen.forEach((method) => {
      const box = make("figure", null, parent); box.className = "lanes" + (method.below ? " faded" : "");
      make("figcaption", `${method.direction} · ${method.name}`, box);
      shown.forEach((one, k) => lane(box, one, at, method, limit, k + 1 === shown.length));
    });
    bars(parent, at, methods);
  }
  function show() {
    const at = Number(pick("instance").value), one = data.instances[at], methods = ["left", "right"].map((side) => data.methods[Number(pick(side).value)]);
    pick("answer").textContent = `Predicted ${one.predicted}${one.confidence ? ` (confidence ${one.confidence})` : ""}, true ${one.truth}. ${methods.map((m) => `${m.name}: ${m.trust}`).join(". ")}.`;
    const parent = pick("picture"); parent.replaceChildren();
    ({ image: maps, text: words, series: data.series.lanes ? curves : bars }[data.modality] || bars)(parent, at, methods);
  }
  ["instance", "left", "right", "all"].forEach((id) => pick(id).addEventListener("change", show));
  show();
})();
