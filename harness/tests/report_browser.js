/* report_browser.js - run within a copy of the page by report_browser: uses
 * it as a reader would, and leaves what it saw in the document. */
"use strict";
window.addEventListener("load", () => {
    const seen = [];
    const see = (what, is) => seen.push(`${is ? "ok" : "not ok"} - ${what}`);
    const rows = () => [...document.querySelectorAll("tr[data-row]")];
    const names = () => rows().map((row) => row.dataset.row);
    const head = (at) => document.querySelectorAll(".effects thead button")[at];
    const figures = (at) => rows().map((row) => Number(
        row.querySelectorAll(".cell b")[at].textContent));
    const choose = (id, value) => {
        const input = document.getElementById(id);
        input.value = value;
        input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change"
                                                                  : "input"));
    };
    const rising = (list) => list.every((one, i) =>
        i === 0 || !(one < list[i - 1]));
    const whole = (what) => see(`nothing is cut off: ${what}`,
        document.documentElement.scrollWidth <=
        document.documentElement.clientWidth);

    try {
        const all = names().length;
        see("there are rows", all > 2);
        whole("as it opens");
        head(2).click();
        see("a subject's header sorts by its figure", rising(figures(1)));
        head(2).click();
        see("and again the other way", rising(figures(1).reverse()));
        head(0).click();
        see("the row's header sorts by name", rising(names()));
        choose("choose-text", names()[1]);
        see("text filters", names().length >= 1 && names().length < all);
        choose("choose-text", "there is no such row");
        see("and may leave none", names().length === 0 &&
            document.getElementById("count").textContent.startsWith("0 of"));
        choose("choose-text", "");
        choose("choose-verdict", "slower");
        see("verdicts filter", names().length < all && rows().every((row) =>
            row.textContent.includes("slower")));
        choose("choose-verdict", "");
        const gross = figures(1).join();
        choose("choose-measure", "net");
        see("another measure shows other figures", figures(1).join() !== gross);
        choose("choose-measure", "wall");
        rows()[0].querySelectorAll(".cell")[1].click();
        see("a cell opens its raw lines",
            /results\.jsonl:\d+/.test(document.body.textContent));
        see("and the command that repeats the row",
            document.querySelector(".details .command").textContent
                .includes("--workloads"));
        whole("with details open");
        see("every plot is drawn", [...document.images].every((image) =>
            image.complete && image.naturalWidth > 0));
        see("every cell tells its verdict in words", [...document
            .querySelectorAll("td.faster, td.slower")].every((cell) =>
                /faster|slower|leaner|fatter/.test(cell.textContent)));
    } catch (error) {
        see(String(error), false);
    }
    const list = document.createElement("pre");
    list.id = "seen";
    list.textContent = seen.join("\n") + `\nwidth ${innerWidth}\n`;
    document.body.append(list);
});
