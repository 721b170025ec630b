// The page: strokes on a canvas go to POST /predict as a PNG; the answer fills bars and pictures.
"use strict";

const SIDE = 560; // of the drawing area, in its own pixels
const PEN = 40; // width of a stroke: about 2 of the 28 pixels that the network sees
const WAIT = 60; // milliseconds between two questions while a stroke is drawn

const $ = (id) => document.getElementById(id);
const pad = $("pad");
const ink = pad.getContext("2d");
let strokes = []; // each a list of points [x, y]
let current = null; // the stroke under the pointer
let pen = { x: SIDE / 2, y: SIDE / 2, down: null, shown: false }; // the pen that keys move

// ---------------------------------------------------------------- drawing

function paint(context, list) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = context.fillStyle = "#fff";
  context.lineWidth = PEN;
  context.lineCap = context.lineJoin = "round";
  for (const points of list) {
    context.beginPath();
    if (points.length === 1) {
      context.arc(points[0][0], points[0][1], PEN / 2, 0, 7);
      context.fill();
      continue;
    }
    context.moveTo(...points[0]);
    for (const point of points.slice(1)) context.lineTo(...point);
    context.stroke();
  }
}

function redraw() {
  paint(ink, strokes);
  if (pen.shown) {
    ink.lineWidth = 3;
    ink.strokeStyle = pen.down ? "#e69f00" : "#56b4e9";
    ink.beginPath();
    ink.arc(pen.x, pen.y, PEN / 2 + 3, 0, 7);
    ink.stroke();
  }
  $("undo").disabled = $("clear").disabled = strokes.length === 0;
}

function changed() {
  redraw();
  ask();
}

function place(event) {
  const box = pad.getBoundingClientRect();
  const scale = SIDE / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}

pad.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || current) return;
  event.preventDefault();
  pad.focus({ preventScroll: true });
  pad.setPointerCapture(event.pointerId);
  pen.shown = false;
  pen.down = null;
  current = { id: event.pointerId, points: [place(event)] };
  strokes.push(current.points);
  changed();
});

pad.addEventListener("pointermove", (event) => {
  if (!current || event.pointerId !== current.id) return;
  const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const one of events.length ? events : [event]) current.points.push(place(one));
  changed();
});

for (const name of ["pointerup", "pointercancel"]) {
  pad.addEventListener(name, (event) => {
    if (current && event.pointerId === current.id) {
      current = null;
      changed();
    }
  });
}

function undo() {
  strokes.pop();
  pen.down = null;
  changed();
}

function clear() {
  strokes = [];
  current = null;
  pen.down = null;
  changed();
}

$("undo").addEventListener("click", undo);
$("clear").addEventListener("click", clear);

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey || (command && event.key.toLowerCase() !== "z")) return;
  if (event.key.toLowerCase() === "z" || event.key === "Backspace") undo();
  else if (event.key.toLowerCase() === "c" || event.key === "Delete" || event.key === "Escape") clear();
  else return;
  event.preventDefault();
});

const STEP = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

pad.addEventListener("keydown", (event) => {
  if (event.key in STEP) {
    const [dx, dy] = STEP[event.key];
    const far = event.shiftKey ? 5 : 20;
    pen.x = Math.min(SIDE - PEN / 2, Math.max(PEN / 2, pen.x + dx * far));
    pen.y = Math.min(SIDE - PEN / 2, Math.max(PEN / 2, pen.y + dy * far));
    if (pen.down) pen.down.push([pen.x, pen.y]);
  } else if (event.key === " ") {
    pen.down = pen.down ? null : [[pen.x, pen.y]];
    if (pen.down) strokes.push(pen.down);
  } else return;
  event.preventDefault();
  pen.shown = true;
  changed();
});

pad.addEventListener("blur", () => {
  pen.shown = false;
  pen.down = null;
  redraw();
});

// ---------------------------------------------------------------- asking

const paper = document.createElement("canvas"); // the strokes alone, without the key pen
paper.width = paper.height = SIDE;
let question = 0; // counts what was asked: an answer to an older drawing is dropped
let timer = 0;
let busy = false;
let again = false;

function ask() {
  question += 1;
  $("answer").setAttribute("aria-busy", strokes.length > 0);
  if (!strokes.length) {
    show({ empty: true, message: "Nothing is drawn yet." });
    return;
  }
  if (!$("answer").querySelector(".class")) say("Reading ...");
  if (busy) again = true;
  else if (!timer) timer = setTimeout(send, WAIT);
}

async function send() {
  timer = 0;
  busy = true;
  const asked = question;
  try {
    paint(paper.getContext("2d"), strokes);
    const png = await new Promise((done) => paper.toBlob(done, "image/png"));
    const reply = await fetch("/predict", { method: "POST", headers: { "Content-Type": "image/png" }, body: png });
    const answer = await reply.json();
    // While a stroke goes on, an answer that is a little late is better than none.
    if (asked === question || (current && strokes.length)) reply.ok ? show(answer) : fail(answer.error);
  } catch (error) {
    if (asked === question) fail("The server does not answer. Is minigrad serve still running?");
  }
  busy = false;
  if (again && strokes.length) timer = setTimeout(send, WAIT);
  again = false;
  if (asked === question) $("answer").setAttribute("aria-busy", false);
}

// ---------------------------------------------------------------- showing

let classes = [];

function makeBars(names) {
  classes = names;
  const longest = Math.max(...names.map((name) => name.length));
  $("bars").style.setProperty("--names", Math.min(longest, 14) * 0.6 + "em");
  $("bars").replaceChildren(...names.map((name) => {
    const line = document.createElement("li");
    const parts = ["name", "track", "value"].map((kind) => {
      const part = document.createElement("span");
      part.className = kind;
      return part;
    });
    parts[0].textContent = name;
    const bar = document.createElement("span");
    bar.className = "bar";
    parts[1].append(bar);
    parts[1].setAttribute("aria-hidden", "true");
    parts[2].textContent = "-";
    line.append(...parts);
    return line;
  }));
}

const percent = (p) => (p > 0.9995 && p < 1 ? "> 99.9" : (100 * p).toFixed(1)) + " %";

function say(text, strong, error) {
  const answer = $("answer");
  answer.className = error ? "error" : "";
  answer.replaceChildren(...(strong ? [Object.assign(document.createElement("span"), { className: "class", textContent: strong })] : []), text);
}

function fail(text) {
  blank();
  say(text, null, true);
}

function blank() {
  [...$("bars").children].forEach((line) => {
    line.className = "";
    line.querySelector(".bar").style.width = "0";
    line.querySelector(".value").textContent = "-";
  });
  $("input").getContext("2d").clearRect(0, 0, 28, 28);
  $("input").setAttribute("aria-label", "The input of the network, empty");
  $("maps").replaceChildren();
}

function show(answer) {
  if (answer.empty) {
    blank();
    say(answer.message);
    return;
  }
  const best = answer.probabilities[answer.index];
  const sure = best.probability;
  say(`with probability ${percent(sure)}${sure < 0.6 ? ", little more than a guess" : ""}`, best.class);
  [...$("bars").children].forEach((line, i) => {
    const p = answer.probabilities[i].probability;
    line.className = i === answer.index ? "best" : "";
    line.querySelector(".bar").style.width = 100 * p + "%";
    line.querySelector(".value").textContent = percent(p);
  });
  picture($("input"), answer.input, (v) => [v, v, v, 255]);
  $("input").setAttribute("aria-label", "The input of the network, 28 x 28, white on black");
  const { layer, channels, pictures, scale } = answer.activations;
  const shown = pictures.length < channels ? `the first ${pictures.length} of ${channels} pictures` : `${channels} picture${channels > 1 ? "s" : ""}`;
  $("layer").textContent = `Layer ${layer}: ${shown}. Orange is above zero, blue below, up to ${scale.toPrecision(2)}.`;
  while ($("maps").children.length > pictures.length) $("maps").lastChild.remove();
  pictures.forEach((rows, i) => {
    let canvas = $("maps").children[i];
    if (!canvas) {
      canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      $("maps").append(canvas);
    }
    canvas.setAttribute("aria-label", `Channel ${i} of layer ${layer}`);
    picture(canvas, rows, (v) => (v > 0 ? [230, 126, 0, 2 * v] : [0, 114, 200, -2 * v]));
  });
}

function picture(canvas, rows, colour) {
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const data = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((value, i) => data.data.set(colour(value), 4 * i));
  context.putImageData(data, 0, 0);
}

// ---------------------------------------------------------------- theme, start

const THEMES = ["auto", "light", "dark"];

function theme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").textContent = `Theme: ${name}`;
  try {
    localStorage.setItem("theme", name);
  } catch (error) {
    // A browser that keeps nothing shows the theme all the same.
  }
}

function stored() {
  try {
    const name = localStorage.getItem("theme");
    return THEMES.includes(name) ? name : "auto";
  } catch (error) {
    return "auto";
  }
}

let chosen = stored();
theme(chosen);
$("theme").addEventListener("click", () => {
  chosen = THEMES[(THEMES.indexOf(chosen) + 1) % 3];
  theme(chosen);
});

async function start() {
  redraw();
  try {
    const about = await (await fetch("/health")).json();
    makeBars(about.classes);
    $("model").textContent = `${about.model}, ${about.parameters.toLocaleString("en")} parameters, trained on ${about.data}`;
    if (!about.classes.every((name) => /^\d$/.test(name))) {
      $("title").textContent = "Draw something";
      document.title = "Draw something - minigrad";
    }
  } catch (error) {
    fail("The server does not answer. Is minigrad serve still running?");
  }
}

start();
