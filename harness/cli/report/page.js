/* page.js - draws the report from the JSON within the page. Names are set as
 * text, never as markup. */
"use strict";
(function () {
const data = JSON.parse(document.getElementById("data").textContent);
const drawings = JSON.parse(document.getElementById("plots").textContent);
const page = document.getElementById("page");
const state = { campaign: 0, measure: "wall", text: "", verdict: "",
                kind: "", sort: "", down: false, open: "" };
const WORDS = { wall: "time, gross", net: "time, net of the floor",
                cpu: "processor time", memory: "peak memory" };
const MARKS = { "faster": "▼", "slower": "▲",
                "indistinguishable": "=", "noisy": "~",
                "too few blocks": "…" };
const SVG = "http://www.w3.org/2000/svg";

/* An element with attributes and children; strings become text. */
function make(name, attributes, ...children)
{
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {}))
        if (key.startsWith("on"))
            element.addEventListener(key.slice(2), value);
        else if (value !== null && value !== undefined)
            element.setAttribute(key, value);
    element.append(...children.flat(9).filter((child) => child !== null));
    return element;
}

function shape(name, attributes)
{
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
        element.setAttribute(key, value);
    return element;
}

function number(value, places)
{
    return value === null || value === undefined ? "none"
                                                 : value.toFixed(places);
}

function time(ns)
{
    if (ns === null || ns === undefined)
        return "no time";
    return ns < 1e4 ? `${ns.toFixed(2)} ns` : ns < 1e7
        ? `${(ns / 1e3).toFixed(2)} us` : `${(ns / 1e6).toFixed(1)} ms`;
}

function mib(bytes)
{
    return bytes === null || bytes === undefined
        ? "not measured" : `${(bytes / 1048576).toFixed(1)} MiB`;
}

function status(cell)
{
    return cell.status === "crashed" || cell.status === "failed"
        ? `${cell.status}(${cell.code})` : cell.status;
}

/* Of memory, "faster" means leaner. */
function word(verdict, measure)
{
    if (measure !== "memory")
        return verdict;
    return verdict === "faster" ? "leaner" : verdict === "slower" ? "fatter"
                                                                  : verdict;
}

/* ---- a campaign's parts ---- */

const campaign = () => data.campaigns[state.campaign];
const baseline = () => campaign().summary.baseline;

function subjects()
{
    return campaign().header.identity.subjects.map((one) => one.name)
        .filter((name) => name !== campaign().floor);
}

/* ---- the drawn interval: from an eighth to eight times, by logarithm ---- */

const REACH = Math.log(8);
const across = (ratio) => 50 + 48 *
    Math.max(-1, Math.min(1, Math.log(ratio) / REACH));

function bar(effect)
{
    const svg = shape("svg", { viewBox: "0 0 100 14", role: "presentation",
                               preserveAspectRatio: "none" });
    const x = across(effect.ratio), beyond = Math.abs(Math.log(effect.ratio)) > REACH;
    svg.append(shape("line", { class: "one", x1: 50, x2: 50, y1: 0, y2: 14,
                               "vector-effect": "non-scaling-stroke" }));
    if (effect.high !== null)
        svg.append(shape("line", { x1: across(effect.low), y1: 7, y2: 7,
            x2: across(effect.high), "stroke-width": 3,
            "vector-effect": "non-scaling-stroke" }));
    svg.append(shape("path", { d: beyond
        ? (effect.ratio > 1 ? "M94 2 L99 7 L94 12 Z" : "M6 2 L1 7 L6 12 Z")
        : `M${x - 1} 1 h2 v12 h-2 Z` }));
    return svg;
}

/* ---- the table ---- */

function cellOf(row, subject)
{
    return row.subjects[subject];
}

/* What a cell shows: a class, words, and perhaps a bar. */
function shown(row, subject)
{
    const cell = cellOf(row, subject);
    const effect = cell.effects[state.measure];
    if (cell.status !== "ok")
        return { kind: "failed", head: status(cell), foot: cell.requirement };
    if (subject === baseline())
        return { kind: "baseline", head: "1", foot: "baseline, " +
            (state.measure === "memory" ? mib(cell.memory_bytes)
                                        : time(cell.ns_per_operation)) };
    if (!effect || effect.ratio === null)
        return { kind: "none", head: "no figure", foot: "" };
    const interval = effect.high === null ? "no interval"
        : `[${number(effect.low, 3)}, ${number(effect.high, 3)}]`;
    return { kind: effect.verdict, head: number(effect.ratio, 3), effect,
             foot: `${interval} ${MARKS[effect.verdict]} ` +
                   word(effect.verdict, state.measure) };
}

function drawCell(row, subject)
{
    const its = shown(row, subject);
    const key = `${row.row}\n${subject}`;
    const button = make("button", { class: "cell", type: "button",
        "aria-expanded": String(state.open === key),
        title: "figures, raw lines and how to repeat it",
        onclick: () => { state.open = state.open === key ? "" : key;
                         drawTable(); } },
        make("b", {}, its.head), its.effect ? bar(its.effect) : null,
        make("small", {}, its.foot));
    return make("td", { class: its.kind === "faster" || its.kind === "slower"
        || its.kind === "failed" ? its.kind : "", "data-subject": subject },
        button);
}

function sources(row, subject)
{
    const lines = (campaign().sources[row.row] || {})[subject] || [];
    const body = lines.map((line) => make("tr", {},
        make("td", {}, `${campaign().folder}/results.jsonl:${line[0]}`),
        make("td", {}, line[1]), make("td", {}, String(line[2])),
        make("td", {}, line[3]), make("td", {}, time(line[4])),
        make("td", {}, time(line[5])), make("td", {}, mib(line[6]))));
    return make("div", { class: "scroll" }, make("table", { class: "plain" },
        make("thead", {}, make("tr", {}, ["line", "kind", "block", "status",
            "wall time", "processor time", "peak memory"]
            .map((head) => make("th", {}, head)))),
        make("tbody", {}, body)));
}

function effectText(cell, measure)
{
    const effect = cell.effects[measure];
    if (!effect || effect.ratio === null)
        return `${WORDS[measure]}: no figure`;
    return `${WORDS[measure]}: ${number(effect.ratio, 4)}` +
        (effect.high === null ? ", no interval"
            : ` [${number(effect.low, 4)}, ${number(effect.high, 4)}]`) +
        `, ${word(effect.verdict, measure)}; p ${effect.p.toPrecision(3)}, ` +
        `after Holm ${effect.p_adjusted.toPrecision(3)}, noise ` +
        `${number(effect.noise * 100, 1)} %`;
}

function drawDetails(row, subject, span)
{
    const cell = cellOf(row, subject);
    const extra = campaign().rows[row.row];
    const detectable = cell.smallest_detectable;
    return make("tr", { class: "details" }, make("td", { colspan: span },
        make("p", {}, make("b", {}, `${subject} on ${row.row}`),
            ` ${row.question}`),
        cell.status === "ok" ? null : make("p", { class: "bad" },
            `${status(cell)} ${cell.requirement} ${cell.message}`),
        make("ul", {}, Object.keys(WORDS).map((measure) =>
            make("li", {}, effectText(cell, measure))),
            make("li", {}, `medians: ${time(cell.ns_per_operation)} of ` +
                `${cell.operations} operations, peak ${mib(cell.memory_bytes)}` +
                `, watched ${mib(cell.peak_rss_bytes)} resident, ` +
                `${mib(cell.after_rss_bytes)} after the last free, ` +
                `${mib(cell.live_peak_bytes)} requested at most`),
            make("li", {}, detectable === null || detectable === undefined
                ? "no effect could have been called"
                : `would have called ${((detectable - 1) * 100).toFixed(1)} %` +
                  " 4 times in 5"),
            make("li", {}, extra.frontier.includes(subject)
                ? "on the frontier of time and memory (by medians)"
                : "not on the frontier of time and memory (by medians)")),
        make("p", {}, "Repeat this row:"),
        make("code", { class: "command" }, extra.repeat),
        make("p", {}, "The raw lines behind these figures, and the " +
            "baseline's below:"),
        sources(row, subject),
        subject === baseline() ? null : sources(row, baseline())));
}

function ratioOf(row, subject)
{
    const effect = cellOf(row, subject).effects[state.measure];
    if (cellOf(row, subject).status !== "ok")
        return Infinity;
    if (subject === baseline())
        return 1;
    return effect && effect.ratio !== null ? effect.ratio : Infinity;
}

function chosenRows()
{
    const text = state.text.toLowerCase();
    const rows = campaign().summary.rows.filter((row) =>
        (row.row + " " + row.question).toLowerCase().includes(text) &&
        (state.kind === "" || row.program === (state.kind === "program")) &&
        (state.verdict === "" || subjects().some((subject) =>
            subject !== campaign().twin &&
            shown(row, subject).kind === state.verdict)));
    const sign = state.down ? -1 : 1;
    if (state.sort === "\n")
        rows.sort((a, b) => sign * a.row.localeCompare(b.row));
    else if (state.sort !== "")
        rows.sort((a, b) => {
            const left = ratioOf(a, state.sort), right = ratioOf(b, state.sort);
            if (left === right)
                return 0;
            if (left === Infinity || right === Infinity)
                return left === Infinity ? 1 : -1;
            return sign * (left - right);
        });
    return rows;
}

function headCell(label, key)
{
    const is = state.sort === key;
    return make("th", { scope: "col", "aria-sort": is
        ? (state.down ? "descending" : "ascending") : "none" },
        make("button", { type: "button", title: "sort", onclick: () => {
            state.down = is && !state.down;
            state.sort = key;
            drawTable();
        } }, label + (is ? (state.down ? " ↓" : " ↑") : "")));
}

function drawTable()
{
    const place = document.getElementById("effects");
    const names = subjects(), rows = chosenRows(), body = [];
    for (const row of rows) {
        body.push(make("tr", { "data-row": row.row },
            make("th", { scope: "row" }, row.row, row.measures_allocator ? null
                : make("small", { class: "bad" },
                       " under 10 % of it is the allocator's")),
            names.map((name) => drawCell(row, name))));
        for (const name of names)
            if (state.open === `${row.row}\n${name}`)
                body.push(drawDetails(row, name, names.length + 1));
    }
    place.replaceChildren(
        make("p", { class: "soft", role: "status", id: "count" },
            `${rows.length} of ${campaign().summary.rows.length} rows.`),
        make("table", { class: "effects" },
            make("thead", {}, make("tr", {}, headCell("row", "\n"),
                names.map((name) => headCell(name === campaign().twin
                    ? `${name} (control)` : name, name)))),
            make("tbody", {}, body)));
}

function choice(label, key, options)
{
    const select = make("select", { id: `choose-${key}`, onchange: (event) => {
        state[key] = event.target.value;
        drawTable();
    } }, options.map(([value, text]) => make("option", { value }, text)));
    select.value = state[key];
    return make("label", {}, label, select);
}

function drawEffects()
{
    return [make("h2", {}, "Effects"),
        make("p", {}, `Each figure is the ratio to ${baseline()} in the same ` +
            "blocks, with the 95 % interval of the row alone; under 1 is " +
            "better. Marks: ▼ faster or leaner, ▲ slower or fatter, " +
            "= indistinguishable, ~ noisy, … too few blocks, all after Holm's " +
            "correction and from 1 % on. The bar runs from an eighth to eight " +
            "times the baseline, which is the dashed line; an arrow at its " +
            "edge is a ratio beyond. Choose a cell for all its figures and " +
            "their raw lines."),
        make("div", { class: "controls" },
            choice("measure", "measure", Object.entries(WORDS)),
            make("label", {}, "rows that contain", make("input", {
                type: "search", id: "choose-text", oninput: (event) => {
                    state.text = event.target.value;
                    drawTable();
                } })),
            choice("with a subject that is", "verdict", [["", "anything"],
                ...Object.keys(MARKS).map((one) => [one, one]),
                ["failed", "without an honest time"]]),
            choice("kind", "kind", [["", "all"], ["synthetic", "synthetic"],
                                    ["program", "real program"]])),
        make("div", { id: "effects" })];
}

/* ---- the other sections ---- */

function drawGlance()
{
    const uses = [...new Set(campaign().glance.map((one) => one.use))];
    const line = (answer) => [
        make("dt", {}, answer.measure === "time" ? "fastest" : "leanest"),
        make("dd", {}, answer.sentence + ".", answer.unranked.length === 0
            ? null : make("span", { class: "bad" },
                          ` Not ranked: ${answer.unranked.join(", ")}.`))];
    return [make("h2", {}, "At a glance"),
        make("div", { class: "answers" }, uses.map((use) => {
            const answers = campaign().glance.filter((one) => one.use === use);
            return make("section", { class: "answer" },
                make("h3", {}, `For ${/^[aeiou]/.test(use) ? "an" : "a"} ${use}`),
                make("dl", {}, answers.map(line)),
                make("p", { class: "soft" }, answers[0].rows.length === 0
                    ? "" : `Rows: ${answers[0].rows.join(", ")}.`));
        })),
        make("p", { class: "soft" }, `Ratios to ${baseline()}, the geometric ` +
            "mean over the rows, block by block, with 95 % intervals. " +
            "“Of all” and “told apart” are the exact signed-rank test at 5 % " +
            "after Holm's correction over all pairs of subjects, and 1 % at " +
            "least. What stands for a use is a choice: look at the rows.")];
}

function drawPlots(section, heading, text)
{
    const list = data.plots.filter((plot) => plot.section === section &&
        (section === "trend" || plot.campaign === state.campaign));
    if (list.length === 0)
        return [];
    return [make("h2", {}, heading), text ? make("p", {}, text) : null,
        list.map((plot) => make("figure", {},
            make("div", { class: "plot", tabindex: "0" }, make("img", {
                src: drawings[plot.file], alt: plot.caption })),
            make("figcaption", {}, plot.caption)))].flat();
}

/* The lines behind the micro-benchmarks' plots. */
function drawMicro()
{
    if (campaign().micro.length === 0)
        return [];
    const median = (list) => {
        const sorted = [...list].sort((a, b) => a - b), half = list.length >> 1;
        return list.length % 2 ? sorted[half]
                               : (sorted[half - 1] + sorted[half]) / 2;
    };
    const rows = campaign().micro.map((line) => {
        const times = line.repetitions_ns || [];
        return [line.name, line.size_bytes, line.subject,
            times.length ? time(median(times)) : line.status || "no time",
            times.length ? `${time(Math.min(...times))} to ` +
                           time(Math.max(...times)) : line.message || "",
            `results.jsonl:${line.line}`];
    });
    return [make("details", {}, make("summary", {}, "All figures and their " +
        "lines"), plainTable(["name", "bytes", "subject",
        "median of an operation", "from, to", "line"], rows))];
}

function drawAsides()
{
    const items = [];
    for (const row of campaign().summary.rows)
        for (const name of subjects()) {
            const cell = cellOf(row, name);
            if (cell.asides && cell.asides.sentence)
                items.push(make("li", {}, `${name} on ${row.row}: ` +
                                          `${cell.asides.sentence}.`));
        }
    return items.length === 0 ? [] : [make("h2", {}, "Pauses and garbage"),
        make("p", {}, "Medians over the blocks. A pause is a gap of more " +
             "than 20 us between two operations, as the program saw it."),
        make("ul", {}, items)];
}

function drawStatuses()
{
    const items = [];
    for (const row of campaign().summary.rows)
        for (const name of subjects()) {
            const cell = cellOf(row, name);
            if (cell.status !== "ok")
                items.push(make("li", {}, `${name} on ${row.row}: `,
                    make("b", {}, status(cell)),
                    ` ${cell.requirement} ${cell.message}`));
        }
    return [make("h2", {}, "Rows without an honest time"), items.length === 0
        ? make("p", {}, "None: every subject shown ran every row to its end, " +
                        "and the row's oracle agreed.")
        : make("ul", {}, items)];
}

function drawMatrix()
{
    const matrix = campaign().matrix;
    if (!matrix)
        return [];
    const names = matrix.subjects.map((one) => one.name);
    return [make("h2", {}, "Requirements by subjects"),
        make("div", { class: "matrix scroll" }, make("table", {},
            make("thead", {}, make("tr", {}, ["requirement", "severity",
                ...names].map((name) => make("th", {}, name)))),
            make("tbody", {}, matrix.requirements.map((one) =>
                make("tr", {}, make("th", {}, one.requirement),
                    make("td", {}, one.severity), names.map((name) => {
                        const verdict = one.verdicts[name];
                        return make("td", { title: verdict ? verdict.message
                                                           : "not asked",
                            class: verdict && verdict.finding ? "failed" : "" },
                            verdict ? (verdict.outcome || verdict.verdict) +
                                (verdict.finding ? ` (${verdict.finding})` : "")
                                    : "not asked");
                    }))))))];
}

function plainTable(head, rows)
{
    const table = make("table", { class: "plain" },
        make("thead", {}, make("tr", {}, head.map((one) =>
            make("th", {}, one)))),
        make("tbody", {}, rows.map((row) => make("tr", {}, row.map((one) =>
            make("td", {}, one === null || one === undefined ? "not told"
                                                             : String(one)))))));
    return head.length > 2 ? make("div", { class: "scroll" }, table) : table;
}

function detectableText(summary)
{
    const all = summary.rows.flatMap((row) => Object.values(row.subjects))
        .filter((cell) => cell.effects.wall)
        .map((cell) => cell.smallest_detectable);
    const some = all.filter((one) => one !== null);
    const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`;
    if (some.length === 0)
        return "No effect could have been called: too few blocks for these " +
               "rows, or no row has times.";
    return "Smallest effect that would have been called 4 times in 5: " +
        `${percent(Math.min(...some))} on the quietest row, ` +
        (some.length < all.length ? "and none at all on others."
                                  : `${percent(Math.max(...some))} on the noisiest.`);
}

function drawTrust()
{
    const summary = campaign().summary, twin = summary.twin;
    const percent = (share) => `${(share * 100).toFixed(0)} %`;
    return [make("h2", {}, "How far to trust it"), make("ul", {},
        make("li", {}, twin.judged === 0
            ? "Twin: judged on no row; the rate of false calls is not known."
            : `Twin: ${baseline()} against itself was called on ` +
              `${twin.called} of ${twin.judged} rows (95 % interval of the ` +
              `rate: ${percent(twin.low)} to ${percent(twin.high)}). Every ` +
              "such call is false."),
        make("li", {}, detectableText(summary)),
        make("li", {}, `Load at most ${number(summary.worst_load, 2)}; at most ` +
            `${number(summary.worst_steal * 100, 2)} % of processor time ` +
            `stolen in a block; ${summary.cells_disturbed} of ` +
            `${summary.cells_disturbed + summary.cells_undisturbed} timed ` +
            "cells of one thread were disturbed.")),
        make("h3", {}, "The floor"),
        make("p", {}, "What the row costs when the allocator costs nothing. " +
            "A row with less than 10 % above it says nothing about allocators."),
        plainTable(["row", "floor", "baseline", "allocator's share",
                    "loop without calls"],
            summary.rows.filter((row) => !row.program).map((row) => {
                const floor = cellOf(row, campaign().floor);
                return [row.row, floor.status === "ok"
                    ? time(floor.ns_per_operation) : status(floor),
                    time(cellOf(row, baseline()).ns_per_operation),
                    row.allocator_share === null ? "not known"
                        : percent(row.allocator_share),
                    row.loop_ns === null ? "not measured" : time(row.loop_ns)];
            }))];
}

function flatten(value, name)
{
    if (value !== null && typeof value === "object" && !Array.isArray(value))
        return Object.entries(value).flatMap(([key, inner]) =>
            flatten(inner, name ? `${name}, ${key}` : key));
    return [[name, Array.isArray(value) ? value.join(" ") || "none" : value]];
}

function drawSurroundings()
{
    const header = campaign().header, identity = header.identity;
    const { machine, seed, scale, threads, blocks, quick,
            allocator_options } = identity;
    return [make("h2", {}, "Versions, build and machine"),
        plainTable(["subject", "version", "library", "SHA-256, build id",
                    "environment"],
            identity.subjects.filter((one) => !one.twin).map((one) =>
                [one.name, one.version || "none told", one.path,
                 `${(one.sha256 || "").slice(0, 16)} ` +
                 (one.build_id || "").slice(0, 12),
                 (one.environment || []).join(" ") || "none"])),
        make("p", {}),
        plainTable(["campaign", ""], flatten({ started: header.started,
            assay: header.assay, pinning: header.pinning, load: header.load,
            seed, scale, threads, blocks, quick, allocator_options }, "")),
        make("p", {}),
        plainTable(["machine", ""], flatten(machine, ""))];
}

function drawRepeat()
{
    return [make("h2", {}, "Repeat it"),
        make("p", {}, "The whole campaign, on the machine above; a row alone " +
                      "by the command in the details of its cells."),
        make("code", { class: "command" }, campaign().header.command),
        make("p", {}, "This page, from the raw lines:"),
        make("code", { class: "command" }, "assay report " +
            data.campaigns.map((one) => one.folder).join(" "))];
}

function drawTrend()
{
    if (data.campaigns.length < 2)
        return [];
    const items = data.series.map((list, at) => make("li", {},
        `Series ${at + 1}: ` + list.map((one) => data.campaigns[one].folder)
            .join(", ") + (list.length < 2 ? " (one campaign: no trend)" : "")));
    const plots = drawPlots("trend", "", "");
    return [make("h2", {}, "Trend"),
        make("p", {}, "Campaigns of one machine, baseline, scale and threads " +
                      "are one series; others are never joined."),
        make("ul", {}, items), ...plots.slice(1)];
}

function drawChoice()
{
    if (data.campaigns.length < 2)
        return null;
    const select = make("select", { id: "choose-campaign", onchange: (event) => {
        state.campaign = Number(event.target.value);
        state.open = state.sort = "";
        draw();
    } }, data.campaigns.map((one, at) => make("option", { value: at },
        `${one.folder} (${one.header.started})`)));
    select.value = String(state.campaign);
    return make("div", { class: "controls" },
        make("label", {}, "campaign", select));
}

function drawHead()
{
    const notes = [...data.left_out.map((one) => `Left out: ${one}`),
                   ...data.notes.map((one) => `Plots are missing: ${one}`)];
    if (campaign().torn)
        notes.push("The last line of the results is cut short; what is whole " +
                   "is shown.");
    if (campaign().summary && !campaign().summary.complete)
        notes.push("The campaign was stopped before its end.");
    return [make("h1", {}, data.title), drawChoice(),
        make("p", { class: "soft" }, `${campaign().folder}, ` +
            `${campaign().header.started}, Assay ${campaign().header.assay}` +
            (campaign().summary ? `, ${campaign().header.identity.blocks} ` +
                `blocks, ${campaign().summary.rows.length} rows` : "") + "."),
        notes.map((note) => make("p", { class: "note" }, note))].flat();
}

function draw()
{
    const has = Boolean(campaign().summary);
    page.replaceChildren(...[
        drawHead(), has ? drawGlance() : [], has ? drawEffects() : [],
        drawPlots("effects", "Effects, drawn"),
        drawPlots("programs", "Real programs"),
        drawPlots("frontier", "Time against memory"),
        drawPlots("memory", "Memory over time").concat(
            !has || data.plots.some((plot) => plot.section === "memory" &&
                            plot.campaign === state.campaign) ? [] :
            [make("p", {}, "Memory over time is not shown: no cell was " +
                           "watched, or there are no plots.")]),
        drawPlots("micro", "Micro-benchmarks"), drawMicro(),
        has ? drawAsides() : [], has ? drawStatuses() : [],
        drawMatrix(), has ? drawTrust() : [],
        make("h2", {}, "What was not compared"),
        make("ul", {}, campaign().not_compared.map((one) =>
            make("li", {}, one))),
        drawTrend(), drawSurroundings(), drawRepeat(),
    ].flat(9).filter((one) => one !== null));
    if (has)
        drawTable();
}

draw();
})();
