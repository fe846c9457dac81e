// The table of genes: its columns and filters, and the transcript of each row with its sites.
const signed = (text, digits = 2) => Number.isFinite(toNumber(text)) ? toNumber(text).toFixed(digits).replace("-", "\u2212") : text;
const spanOf = (start, end) => `${whole.format(start + 1)}–${whole.format(end)}`;

// ---- a transcript with its regions, and each site as a stem as long as its contribution ----------------------------
const STYLES = {"8mer": ["t8", 7], "7mer-m8": ["t7", 6], "7mer-A1": ["ta", 5], "6mer": ["t6", 4], "offset-6mer": ["weak", 3]};
const styleOf = (type) => STYLES[type] || ["other", 3];
const svg = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const stepOf = (length, most) => {
  const raw = length / most, power = 10 ** Math.floor(Math.log10(raw));
  return Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw));
};
// regions: [name, start, end], sites: {type, start, end, contribution, text}; bases from 0, ends not included
const drawTranscript = (title, length, regions, sites, lowest, width) => {
  const TOP = 34, DEPTH = 105, share = (base) => 100 * base / Math.max(1, length) + "%";
  const made = svg("svg", {role: "img", "aria-label": `${title}. ${regions.map(([name, start, end]) => `${name} ${spanOf(start, end)}`).join(", ")}. The table below lists its sites.`});
  for (const [name, start, end] of regions) {
    const height = name === "CDS" ? 16 : 8;
    made.append(svg("rect", {class: name === "CDS" ? "region cds" : "region", x: share(start), width: share(end - start), y: 24 - height / 2, height}));
    if ((end - start) / length * width > 40) made.append(svg("text", {x: share((start + end) / 2), y: 11, "text-anchor": "middle"}, name));
  }
  for (const value of [0, lowest / 2, lowest]) {
    const y = TOP + DEPTH * value / lowest;
    made.append(svg("line", {class: "axis", x1: 0, x2: "100%", y1: y, y2: y}));
    made.append(svg("text", {x: 0, dx: -6, y: y + 4, "text-anchor": "end"}, signed(value)));
  }
  const step = stepOf(length, Math.max(2, width / 90));
  for (let base = 0; base < .93 * length; base += step) {
    made.append(svg("text", {x: share(base), y: TOP + DEPTH + 30, "text-anchor": "middle"}, whole.format(base || 1)));
  }
  made.append(svg("text", {x: "100%", y: TOP + DEPTH + 30, "text-anchor": "middle"}, `${whole.format(length)} nt`));
  const labels = [];
  for (const site of [...sites].sort((a, b) => a.contribution - b.contribution)) {
    const [colour, thick] = styleOf(site.type), middle = (site.start + site.end) / 2;
    const deep = Math.max(2, DEPTH * site.contribution / lowest);
    const stem = svg("rect", {class: `stem c-${colour}`, x: share(middle), width: thick, y: TOP, height: deep, transform: `translate(${-thick / 2} 0)`});
    stem.append(svg("title", {}, site.text));
    made.append(stem);
    const place = middle / length * width, y = TOP + deep + 11;
    if (labels.some(([x, other]) => Math.abs(x - place) < 32 && Math.abs(other - y) < 11)) continue;
    labels.push([place, y]);
    made.append(svg("text", {class: "value", x: share(middle), y, "text-anchor": "middle"}, signed(site.contribution)));
  }
  const figure = element("figure", undefined, "drawing");
  figure.append(element("figcaption", title), made);
  return figure;
};

// isoforms of a gene that are drawn
const ISOFORMS = 4;

startTable((data) => {
  // ---- rows: those of each miRNA are together ----------------------------------------------------------------------
  const mirnas = data.mirnas, first = [0];
  for (const {rows} of mirnas) first.push(first[first.length - 1] + sizeOf(rows.genes.columns[0]));
  const count = first[first.length - 1], mirnaOf = new Uint32Array(count);
  mirnas.forEach((_, at) => mirnaOf.fill(at, first[at], first[at + 1]));
  const joined = (name, pick) => {
    const readers = mirnas.map((each) => { const column = pick(each.rows.genes, name); return column && reader(column); });
    if (!readers[0]) return undefined;
    return (row) => readers[mirnaOf[row]](row - first[mirnaOf[row]]);
  };
  const names = mirnas.length ? mirnas[0].rows.genes.columns.map((column) => column.name) : [];
  const columns = names.map((name) => ({name, read: joined(name, (genes) => genes.columns.find((column) => column.name === name))}));
  const cellOf = new Map(columns.map(({name, read}) => [name, read]));
  const cell = (name, row) => cellOf.has(name) ? String(cellOf.get(name)(row)) : ".";
  const moreOf = new Map((mirnas.length ? Object.keys(mirnas[0].rows.genes.more) : []).map((name) => [name, joined(name, (genes) => genes.more[name])]));
  const more = (name, row) => moreOf.get(name)(row);
  const mirnaName = (row) => mirnas[mirnaOf[row]].name;

  // ---- sites: those of each row are together -------------------------------------------------------------------------
  const siteStarts = mirnas.map(({rows}) => {
    const read = reader(rows.genes.more.sites), starts = [0];
    for (let row = 0; row < sizeOf(rows.genes.more.sites); row++) starts.push(starts[row] + read(row));
    return starts;
  });
  const siteColumns = mirnas.map(({rows}) => new Map(rows.sites.columns.map((column) => [column.name, reader(column)])));
  const sitesOf = (row) => {
    const at = mirnaOf[row], starts = siteStarts[at], inside = row - first[at], found = [];
    for (let site = starts[inside]; site < starts[inside + 1]; site++) {
      const cells = Object.fromEntries([...siteColumns[at]].map(([name, read]) => [name, String(read(site))]));
      const start = Number(cells.site_start), end = Number(cells.site_end), contribution = Number(cells.contribution);
      const text = `${cells.region} ${cells.site_type}, ${spanOf(start, end)}: ${signed(contribution)}`;
      found.push({cells, start, end, contribution, text, type: cells.site_type});
    }
    return found;
  };

  // ---- columns ----------------------------------------------------------------------------------------------
  const shown = [];
  const show = (key, title, width, options = {}) => {
    const read = options.read || cellOf.get(key);
    if (read) shown.push({key, title, width, read, ...options});
  };
  const number = {numeric: true, falls: true}, change = {numeric: true, show: (text) => signed(text)};
  const best = (row) => cell("best_type", row) === "." ? "."
    : `${cell("best_region", row)} ${cell("best_type", row)} ${spanOf(Number(cell("best_start", row)), Number(cell("best_end", row)))}`;
  show("gene", "gene", 120, {read: moreOf.get("gene")});
  show("predicted_log2fc", "log2 fold change", 155, change);
  if (mirnas.length > 1) show("name", "miRNA", 175, {read: mirnaName});
  if (data.compared) {
    show("status", "status", 95, {order: data.statuses});
    show("difference", "difference", 115, change);
  }
  show("rank", "rank", 75, {numeric: true});
  show("percentile", "percentile", 115, number);
  show("confidence", "confidence", 120, number);
  show("best", "strongest site", 250, {read: best});
  show("n_8mer", "8mer", 75, number);
  show("n_7mer_m8", "7mer-m8", 90, number);
  show("n_7mer_a1", "7mer-A1", 90, number);
  show("n_6mer", "6mer", 75, number);
  show("n_other", "other", 75, {...number, hint: "offset-6mers, and seed matches with a G:U pair or a bulge"});
  show("n_cds", "in CDS", 80, number);
  show("n_5utr", "in 5'UTR", 85, number);
  for (const [key, region] of [["utr3", "3'UTR"], ["cds", "CDS"], ["utr5", "5'UTR"]]) show(key + "_contribution", "by " + region, 90, change);
  show("n_observed", "observed sites", 125, number);
  show("observed_reads", "reads", 80, number);
  show("target_id", "transcript", 175);
  show("n_isoforms", "isoforms", 95, number);
  show("gene_weight", "weight", 90, number);
  show("best_target", "strongest site on", 175);
  show("utr3_length", "3'UTR, nt", 95, number);

  // ---- filters ----------------------------------------------------------------------------------------------------
  const COUNTED = {"8mer": "n_8mer", "7mer-m8": "n_7mer_m8", "7mer-A1": "n_7mer_a1", "6mer": "n_6mer", other: "n_other", CDS: "n_cds", "5'UTR": "n_5utr"};
  const labelOf = (name) => name === "CDS" || name === "5'UTR" ? `in the ${name}` : `${name} in the 3'UTR`;
  options("filter-mirna", [["", "all"], ...mirnas.map(({id, name}) => [id, name])]);
  if (mirnas.length > 1) at("filter-mirna").options[1].defaultSelected = true;
  else at("filter-mirna").closest("label").hidden = true;
  options("filter-type", [["", "any"], ...Object.keys(COUNTED).map((name) => [name, labelOf(name)])]);
  options("filter-status", data.compared ? [["", "any"], ...data.statuses.map((name) => [name, name])] : []);
  const geneNames = (row) => [more("gene", row), cell("gene_name", row), cell("gene_id", row)].join("\t");
  const tests = ({named, values}) => {
    const found = [], column = (name) => values({key: name, read: (row) => cell(name, row)});
    const mirna = at("filter-mirna").value, type = at("filter-type").value, status = at("filter-status").value;
    if (mirna) found.push((row) => mirnas[mirnaOf[row]].id === mirna);
    if (input("filter-gene")) found.push(named("gene", geneNames, input("filter-gene")));
    if (type) { const counts = column(COUNTED[type]); found.push((row) => counts[row] > 0); }
    if (status) found.push((row) => cell("status", row) === status);
    if (input("filter-change")) { const most = Number(input("filter-change")), changes = column("predicted_log2fc"); found.push((row) => changes[row] <= most); }
    if (input("filter-confidence")) { const least = Number(input("filter-confidence")), found_values = column("confidence"); found.push((row) => found_values[row] >= least); }
    return found;
  };

  // ---- one row ------------------------------------------------------------------------------------------------------
  const identify = (row) => `${mirnas[mirnaOf[row]].id} ${cell("target_id", row)}`;
  const referenceRow = (row) => {
    const other = mirnas[mirnaOf[row]].reference;
    if (other === null) return -1;
    const target = cell("target_id", row);
    for (let each = first[other]; each < first[other + 1]; each++) if (cell("target_id", each) === target) return each;
    return -1;
  };
  const regionsOf = (start, end, length) => {
    const edges = [0, start, end, length];
    return ["5'UTR", "CDS", "3'UTR"].map((name, at) => [name, edges[at], edges[at + 1]]).filter(([, start, end]) => end > start);
  };
  const isoformsOf = mirnas.map(({rows}) => {
    const [name, ...bounds] = rows.transcripts.columns.map(reader);
    return new Map(Array.from({length: sizeOf(rows.transcripts.columns[0])}, (_, at) => [String(name(at)), bounds.map((read) => Number(read(at)))]));
  });
  // one drawing of a target; of a gene, one of each isoform with sites, those that contribute most first
  const figuresOf = (row, sites) => {
    const change = `log2 fold change ${signed(cell("predicted_log2fc", row))}`;
    const own = ["cds_start", "cds_end", "length"].map((name) => more(name, row));
    const names = [...new Set(sites.map(({cells}) => cells.target_id))];
    if (!names.length || names[0] === undefined) return [{title: `${mirnaName(row)}: ${change}`, bounds: own, sites}];
    const sum = (some) => some.reduce((total, {contribution}) => total + contribution, 0);
    const groups = names.map((name) => [name, sites.filter(({cells}) => cells.target_id === name)]);
    groups.sort((a, b) => sum(a[1]) - sum(b[1]));
    return groups.slice(0, ISOFORMS).map(([name, some]) =>
      ({title: `${mirnaName(row)} on ${name}: ${signed(sum(some))} of ${change}`, bounds: isoformsOf[mirnaOf[row]].get(name), sites: some}));
  };
  const drawings = (row, other) => {
    const drawn = (other < 0 ? [row] : [row, other]).map((each) => [each, sitesOf(each)]);
    const lowest = Math.min(-.05, ...drawn.flatMap(([, sites]) => sites.map(({contribution}) => contribution)));
    const width = Math.min(900, innerWidth - 90), figures = drawn.flatMap(([each, sites]) => figuresOf(each, sites));
    at("details-drawings").replaceChildren(...figures.map(({title, bounds, sites}) =>
      drawTranscript(title, bounds[2], regionsOf(...bounds), sites, lowest, width)));
    const types = data.types.filter((type) => drawn.some(([, sites]) => sites.some((site) => site.type === type)));
    at("details-legend").replaceChildren(...types.map((type) => {
      const [colour, thick] = styleOf(type), entry = element("span"), key = svg("svg", {width: thick, height: 12});
      key.append(svg("rect", {class: `c-${colour}`, width: thick, height: 12}));
      entry.append(key, " " + type);
      return entry;
    }));
    return drawn[0][1];
  };
  const SITE_HEADS = [["site", () => ""], ["transcript", ({cells}) => cells.target_id], ["region", ({cells}) => cells.region], ["type", ({type}) => type], ["bases", ({start, end}) => spanOf(start, end)],
    ["contribution", ({contribution}) => signed(contribution), true], ["A and U around it", ({cells}) => Math.round(100 * cells.au_wide) + " %", true],
    ["3' pairing", ({cells}) => String(Number(cells.supplementary)), true], ["observed site", ({cells}) => cells.observed_site], ["reads", ({cells}) => cells.observed_reads, true]];
  const listSites = (sites) => {
    const unknown = [["transcript", "best_target"], ["observed site", "n_observed"], ["reads", "n_observed"]].filter(([, name]) => !cellOf.has(name));
    const heads = SITE_HEADS.filter(([name]) => !unknown.some(([other]) => other === name)), table = at("details-sites");
    table.hidden = !sites.length;
    table.tHead.rows[0].replaceChildren(...heads.map(([name, , numeric]) => element("th", name, numeric ? "number" : "")));
    table.tBodies[0].replaceChildren(...sites.map((site, place) => {
      const made = element("tr");
      made.append(...heads.map(([, read, numeric], number) => number ? element("td", read(site), numeric ? "number" : "") : element("th", String(place + 1))));
      return made;
    }));
  };
  const describe = (row) => {
    const fold = Number(cell("predicted_log2fc", row)), other = referenceRow(row);
    const left = Math.round(100 * 2 ** fold);
    at("details-change").textContent = fold < 0
      ? `Predicted log2 fold change ${signed(fold)}: the mRNA falls to ${left} % on average.` : "No repression is predicted.";
    const compared = cell("status", row);
    const place = [cell("target_id", row), `rank ${whole.format(cell("rank", row))} of ${whole.format(mirnas[mirnaOf[row]].targets)}`, `confidence ${cell("confidence", row)}`];
    if (compared !== ".") place.push(`${compared}, compared with ${mirnas[mirnas[mirnaOf[row]].reference].name} (${signed(cell("reference_log2fc", row))})`);
    const sites = drawings(row, other), silent = more("silent", row);
    listSites(sites);
    const isoforms = new Set(sites.map(({cells}) => cells.target_id)).size;
    const unseen = compared !== "." && other < 0 ? " Its miRNA's sites on this target are not on this page." : "";
    at("details-note").textContent = (sites.length ? "Stems are as long as the contribution of a site, in log2 fold change; bases of the transcript count from 1. 3' pairing: 1 for each of bases 13-16 of the miRNA that pairs as well, 0.5 for others." : "No site contributes.")
      + (isoforms > ISOFORMS ? ` Drawn are the ${ISOFORMS} of ${isoforms} transcripts whose sites contribute most.` : "")
      + (silent ? ` ${whole.format(silent)} more seed match${silent === 1 ? " contributes" : "es contribute"} nothing.` : "") + unseen;
    return {title: `${mirnaName(row)} on ${more("gene", row)}`, place: place.join(" · ")};
  };
  const PRINTED = [[(row) => more("gene", row)], [mirnaName], [(row) => cell("target_id", row)], [(row) => signed(cell("predicted_log2fc", row)), true],
    [(row) => cell("confidence", row), true], [best]];
  const SEARCHED = ["mirna_id", "gene_name", "gene_id", "target_id", "best_target", "status"];
  return {
    count, columns, shown, tests, describe, identify,
    noun: "prediction", file: "genes.tsv", anchor: "#all-genes", link: "#target=",
    reveal: () => { at("filter-mirna").value = ""; },
    everything: (row) => SEARCHED.map((name) => cell(name, row)).join("\t") + "\t" + mirnaName(row) + "\t" + best(row),
    filters: {mirna: "filter-mirna"},
    printed: (row) => PRINTED.map(([text, numeric]) => [text(row), numeric]),
  };
});
