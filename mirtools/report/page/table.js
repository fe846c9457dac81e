"use strict";
// The table of a page: sorting, filtering, export, the rows in sight, and the details of each. Text from the data is
// only ever written as textContent; the page's policy allows no other script.

const at = (id) => document.getElementById(id);
const element = (name, text, kind) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};
const whole = new Intl.NumberFormat("en");
const toNumber = (text) => text === "." || text === "" ? NaN : Number(text);
const input = (id) => at(id).value.trim();
// reads a column of the data: all values, or numbers of distinct values
const reader = (column) => column.d ? (row) => column.d[column.i[row]] : (row) => column.v[row];
const sizeOf = (column) => (column.d ? column.i : column.v).length;
const collator = new Intl.Collator("en", {numeric: true, sensitivity: "base"});
// the place of each distinct text in the order of people; those of a known order come first
const ranks = (texts, known = []) => {
  const first = new Map(known.map((text, rank) => [text, rank]));
  const rank = (text) => first.has(text) ? first.get(text) : first.size;
  const sorted = [...new Set(texts)].sort((a, b) => rank(a) - rank(b) || collator.compare(a, b) || (a < b ? -1 : 1));
  return new Map(sorted.map((text, place) => [text, place]));
};
// fills a select; a choice of one is none
const options = (id, pairs) => {
  at(id).append(...pairs.map(([value, text]) => { const made = element("option", text); made.value = value; return made; }));
  if (pairs.length < 2) at(id).closest("label").hidden = true;
};

// Starts the page. `make` takes the data, and returns what its rows are:
//   count      number of rows
//   columns    of the export: {name, read}; read(row) gives a cell
//   shown      of the table: {key, title, width, read}, and if it has one: numeric, falls (numbers fall at the first
//              click), order (known texts), keys (makes its keys to sort by), show (another text than the cell's)
//   noun, file, anchor, link   "site", "sites.tsv", "#all-sites", "#site="
//   identify(row)      the name of a row after the link; reveal(name), if the page's own fields may hide it, clears them
//   everything(row)    the text that is searched
//   filters            names of data attributes of links on the page, and the fields that they fill
//   tests(helpers)     checks of a row by the page's own fields, next to the search
//   describe(row)      fills the details, and returns their title and the line below it
//   printed(row)       cells of the printed table: [text, whether it is a number]
const startTable = (make) => {
  const ROW = 30, AHEAD = 12, PRINTED = 100;
  const source = at("data"), scroller = at("scroller");
  if (!source || !scroller) return;
  document.documentElement.classList.add("scripted");
  const page = make(JSON.parse(source.textContent));
  source.remove();
  const {count, columns, shown, noun} = page;
  const every = (read) => Array.from({length: count}, (_, row) => read(row));

  // ---- sorting: an array of keys per column, made when it is first needed ---------------------------------------
  const keys = new Map();
  const textKeys = (column) => {
    const texts = every((row) => String(column.read(row))), rank = ranks(texts, column.order);
    return texts.map((text) => text === "." ? NaN : rank.get(text));
  };
  const sortKeys = (column) => {
    if (!keys.has(column.key)) {
      const made = column.keys ? column.keys(every)
        : column.numeric ? every((row) => toNumber(column.read(row))) : textKeys(column);
      keys.set(column.key, Float64Array.from(made));
    }
    return keys.get(column.key);
  };
  let view = Uint32Array.from({length: count}, (_, row) => row);
  let sorting = null;
  const sortView = () => {
    if (!sorting) { view.sort(); return; }
    const key = sortKeys(sorting.column), sign = sorting.down ? -1 : 1;
    view.sort((a, b) => {
      const one = key[a], other = key[b];
      if (one === other) return a - b;
      if (one !== one) return other !== other ? a - b : 1;  // missing values come last
      if (other !== other) return -1;
      return sign * (one - other);
    });
  };

  // ---- filtering ------------------------------------------------------------------------------------------------
  const lower = new Map();
  const lowered = (key, text) => {
    if (!lower.has(key)) lower.set(key, every((row) => text(row).toLowerCase()));
    return lower.get(key);
  };
  const helpers = {
    // a whole name finds this name only, a part of one all names with it; text(row) has names separated by tabs
    named: (key, text, wanted) => {
      const texts = lowered(key, text), sought = wanted.toLowerCase();
      const exact = texts.some((each) => each.split("\t").includes(sought));
      return exact ? (row) => texts[row].split("\t").includes(sought) : (row) => texts[row].includes(sought);
    },
    values: (column) => sortKeys({...column, numeric: true}),
  };
  const tests = () => {
    const found = page.tests(helpers);
    for (const word of input("search").toLowerCase().split(/\s+/).filter(Boolean)) {
      const texts = lowered("everything", page.everything);
      found.push((row) => texts[row].includes(word));
    }
    return found;
  };
  const update = () => {
    const checks = tests(), kept = new Uint32Array(count);
    let size = 0;
    for (let row = 0; row < count; row++) if (checks.every((check) => check(row))) kept[size++] = row;
    view = kept.slice(0, size);
    sortView();
    active = 0;
    scroller.scrollTop = 0;
    render(true);
    const all = `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`;
    at("shown").textContent = size === count ? all : `${whole.format(size)} of ${all}`;
  };

  // ---- the rows that are in sight ---------------------------------------------------------------------------------
  const table = scroller.querySelector("table"), body = table.tBodies[0];
  let active = 0, drawn = [-1, -1];
  const gap = (height) => {
    const row = element("tr", undefined, "gap"), filler = element("td");
    row.setAttribute("aria-hidden", "true");
    filler.colSpan = shown.length;
    filler.style.height = height + "px";
    row.append(filler);
    return row;
  };
  const line = (place) => {
    const row = view[place], made = element("tr");
    made.dataset.place = place;
    made.setAttribute("aria-rowindex", place + 2);
    shown.forEach((column, number) => {
      const full = String(column.read(row)), text = column.show ? column.show(full) : full;
      const made_cell = element(number ? "td" : "th", undefined, column.numeric ? "number" : "");
      if (number) {
        made_cell.textContent = text;
      } else {
        made_cell.scope = "row";
        const button = element("button", text);
        button.type = "button";
        button.tabIndex = place === active ? 0 : -1;
        button.setAttribute("aria-haspopup", "dialog");
        made_cell.append(button);
      }
      if (text.length > 14) made_cell.title = text;
      made.append(made_cell);
    });
    return made;
  };
  const render = (force) => {
    const from = Math.max(0, Math.floor(scroller.scrollTop / ROW) - AHEAD);
    const to = Math.min(view.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW) + AHEAD);
    if (!force && from === drawn[0] && to === drawn[1]) return;
    const focused = body.contains(document.activeElement);
    drawn = [from, to];
    const rows = [];
    if (from > 0) rows.push(gap(from * ROW));
    for (let place = from; place < to; place++) rows.push(line(place));
    if (to < view.length) rows.push(gap((view.length - to) * ROW));
    body.replaceChildren(...rows);
    table.setAttribute("aria-rowcount", view.length + 1);
    if (focused) focusActive();
  };
  const buttonOf = (place) => body.querySelector(`tr[data-place="${place}"] button`);
  const focusActive = () => {
    const button = buttonOf(active);
    if (button) button.focus({preventScroll: true}); else scroller.focus({preventScroll: true});
  };
  const activate = (place, focus) => {
    if (!view.length) return;
    const before = buttonOf(active);
    if (before) before.tabIndex = -1;
    active = Math.max(0, Math.min(view.length - 1, place));
    const head = table.tHead.offsetHeight, top = active * ROW;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + ROW + head > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + ROW + head - scroller.clientHeight;
    render();
    const button = buttonOf(active);
    if (button) { button.tabIndex = 0; if (focus) button.focus({preventScroll: true}); }
  };
  let waiting = false;
  scroller.tabIndex = -1;
  scroller.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; render(); });
  }, {passive: true});
  addEventListener("resize", () => render(true));
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-place]");
    if (!row) return;
    activate(Number(row.dataset.place), true);
    openDetails();
  });
  body.addEventListener("keydown", (event) => {
    const step = Math.floor(scroller.clientHeight / ROW) - 2;
    const moves = {ArrowDown: 1, ArrowUp: -1, PageDown: step, PageUp: -step, Home: -view.length, End: view.length};
    if (!(event.key in moves)) return;
    event.preventDefault();
    activate(active + moves[event.key], true);
  });

  // ---- the head ---------------------------------------------------------------------------------------------------
  const width = shown.reduce((sum, column) => sum + column.width, 0);
  table.style.width = "max(100%, " + width + "px)";
  const heads = shown.map((column) => {
    const head = element("th", undefined, column.numeric ? "number" : ""), button = element("button", column.title);
    head.scope = "col";
    head.style.width = column.width + "px";
    button.type = "button";
    button.title = column.hint || column.title;
    button.addEventListener("click", () => {
      const same = sorting && sorting.column === column;
      // a third click restores the order of the table
      const down = Boolean(column.falls);
      sorting = !same ? {column, down} : sorting.down === down ? {column, down: !down} : null;
      heads.forEach((each, number) => {
        const here = sorting && shown[number] === sorting.column;
        each.setAttribute("aria-sort", here ? (sorting.down ? "descending" : "ascending") : "none");
      });
      sortView();
      active = 0;
      scroller.scrollTop = 0;
      render(true);
    });
    head.setAttribute("aria-sort", "none");
    head.append(button);
    return head;
  });
  table.tHead.rows[0].append(...heads);

  // ---- filters ----------------------------------------------------------------------------------------------------
  let typing = 0;
  const form = at("filters");
  form.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(update, 80); });
  form.addEventListener("submit", (event) => { event.preventDefault(); update(); });
  form.addEventListener("reset", () => setTimeout(() => { if (!details.open) update(); }));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-column], a[data-mirna], a[data-gene]");
    if (!link) return;
    form.reset();
    const {column, value, ...others} = link.dataset;
    for (const [name, text] of Object.entries(column ? {[column]: value} : others)) at(page.filters[name]).value = text;
    update();
  });

  // ---- export: the rows that the filters keep, in their order, cells as they are ----------------------------------
  at("export").addEventListener("click", () => {
    const parts = [columns.map((column) => column.name).join("\t") + "\n"];
    for (let start = 0; start < view.length; start += 2000) {
      let text = "";
      for (const row of view.subarray(start, start + 2000)) text += columns.map((column) => column.read(row)).join("\t") + "\n";
      parts.push(text);
    }
    const link = element("a");
    link.href = URL.createObjectURL(new Blob(parts, {type: "text/tab-separated-values"}));
    link.download = page.file;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });

  // ---- one row ------------------------------------------------------------------------------------------------------
  const details = at("details");
  const describe = () => {
    const row = view[active], {title, place} = page.describe(row);
    at("details-title").textContent = title;
    at("details-place").textContent = place;
    const known = columns.map((column) => [column.name, String(column.read(row))]).filter(([, text]) => text !== ".");
    at("details-cells").replaceChildren(...known.map(([name, text]) => {
      const entry = element("div", undefined, text.length > 28 ? "long" : "");
      entry.append(element("dt", name), element("dd", text));
      return entry;
    }));
    at("previous").disabled = active === 0;
    at("next").disabled = active === view.length - 1;
  };
  const openDetails = () => {
    describe();  // first: the focus would be lost on a button that is then disabled
    if (!details.open) details.showModal();
    details.scrollTop = 0;
  };
  const step = (by) => { activate(active + by, false); describe(); };
  at("previous").addEventListener("click", () => step(-1));
  at("next").addEventListener("click", () => step(1));
  at("close").addEventListener("click", () => details.close());
  details.addEventListener("click", (event) => { if (event.target === details) details.close(); });
  details.addEventListener("keydown", (event) => {
    if (event.target.matches("pre, .scroll")) return;  // there they scroll
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  details.addEventListener("close", () => {
    focusActive();
    if (location.hash.startsWith(page.link)) history.replaceState(null, "", page.anchor);
  });
  const linked = () => {
    if (!location.hash.startsWith(page.link)) return;
    let name = location.hash.slice(page.link.length);
    try { name = decodeURIComponent(name); } catch { return; }
    const find = () => view.findIndex((row) => page.identify(row) === name);
    if (find() < 0) { form.reset(); if (page.reveal) page.reveal(name); update(); }
    const place = find();
    if (place < 0) return;
    activate(place, false);
    openDetails();
  };
  addEventListener("hashchange", linked);

  // ---- print: the first rows as they are filtered and sorted -----------------------------------------------------
  const printed = at("printed");
  addEventListener("beforeprint", () => {
    const rows = [...view.subarray(0, PRINTED)].map((row) => {
      const made = element("tr");
      made.append(...page.printed(row).map(([text, numeric], number) => element(number ? "td" : "th", text, numeric ? "number" : "")));
      return made;
    });
    printed.querySelector("tbody").replaceChildren(...rows);
    at("printed-note").textContent = `${whole.format(rows.length)} of ${whole.format(view.length)} ${noun}s${view.length < count ? " that the filters keep" : ""}.`;
  });

  // ---- start ------------------------------------------------------------------------------------------------------
  for (const part of document.querySelectorAll(".script-only")) part.hidden = false;
  update();
  linked();
};
