// The table of all sites: its columns and filters, and the alignment of each site.
startTable((data) => {
  const columns = data.columns.map((column) => ({name: column.name, read: reader(column)}));
  const cellOf = new Map(columns.map(({name, read}) => [name, read]));
  const moreOf = new Map(Object.entries(data.more).map(([name, column]) => [name, reader(column)]));
  const count = sizeOf(data.columns[0]);
  const cell = (name, row) => cellOf.has(name) ? String(cellOf.get(name)(row)) : ".";

  // ---- columns ----------------------------------------------------------------------------------------------
  // by chromosome and base if a site has a place on the genome, else after these by transcript and base
  const placeKeys = (every) => {
    const parts = [["chrom", "chrom_start"], ["target_id", "site_start"]].map(([name, start]) => {
      const names = every((row) => cell(name, row)), rank = ranks(names);
      return (row) => names[row] === "." ? NaN : rank.get(names[row]) * 1e10 + toNumber(cell(start, row));
    });
    return every((row) => cell("chrom", row) !== "." ? parts[0](row) : 1e15 + parts[1](row));
  };
  const shown = [];
  const show = (key, title, width, options = {}) => {
    const read = options.more ? moreOf.get(key) : cellOf.get(key);
    if (read) shown.push({key, title, width, read, falls: options.numeric, ...options});
  };
  show("name", "miRNA", 165, {more: true});
  show("gene", "gene", 125, {more: true});
  show("region", "region", 95);
  show("place", "position", 215, {more: true, keys: placeKeys});
  show("n_reads", "reads", 85, {numeric: true});
  if (data.samples.length > 1) show("n_samples", "samples", 95, {numeric: true});
  show("site_type", "site type", 135, {order: data.types});
  show("q_value", "q", 105, {numeric: true, falls: false});
  for (const name of data.changes) {
    const contrast = name.slice(name.indexOf(":") + 1);
    show(name, "log2 " + contrast, 130, {numeric: true});
    show("q_value:" + contrast, "q " + contrast, 120, {numeric: true, falls: false});
  }
  show("fold", "fold", 80, {numeric: true});
  show("duplex_mfe", "kcal/mol", 95, {numeric: true, falls: false});
  show("score", "score", 95, {numeric: true});
  for (const name of data.samples.slice(0, 24)) show("n_reads:" + name, name, 90, {numeric: true});

  // ---- filters ----------------------------------------------------------------------------------------------------
  const SEED = new Set(data.seeds);
  const or = (name) => name === "unknown" ? [".", "unknown"] : [name, name];
  options("filter-region", [["", "any"], ...data.regions.map(or)]);
  options("filter-type", [["", "any"], ...(data.types.some((name) => SEED.has(name)) ? [["seed", "any seed match"]] : []), ...data.types.map(or)]);
  at("filter-q").closest("label").hidden = !cellOf.has("q_value");
  const names = [...new Set(Array.from({length: count}, (_, row) => moreOf.get("name")(row)))].slice(0, 3000);
  at("mirna-names").append(...names.map((name) => { const made = element("option"); made.value = name; return made; }));
  const kind = (name, row) => { const text = cell(name, row); return text === "unknown" ? "." : text; };
  const mirnaNames = (row) => cell("mirna_id", row) + "\t" + moreOf.get("name")(row);
  const geneNames = (row) => [moreOf.get("gene")(row), cell("gene_name", row), cell("gene_id", row)].join("\t");
  const tests = ({named, values}) => {
    const found = [];
    if (input("filter-mirna")) found.push(named("mirna", mirnaNames, input("filter-mirna")));
    if (input("filter-gene")) found.push(named("gene", geneNames, input("filter-gene")));
    const region = at("filter-region").value, type = at("filter-type").value;
    if (region) found.push((row) => kind("region", row) === region);
    if (type === "seed") found.push((row) => SEED.has(cell("site_type", row)));
    else if (type) found.push((row) => kind("site_type", row) === type);
    if (input("filter-q")) {
      const most = Number(input("filter-q")), found_values = values({key: "q_value", read: (row) => cell("q_value", row)});
      found.push((row) => found_values[row] <= most);
    }
    if (input("filter-reads")) {
      const least = Number(input("filter-reads")), found_values = values({key: "n_reads", read: (row) => cell("n_reads", row)});
      found.push((row) => found_values[row] >= least);
    }
    return found;
  };

  // ---- one site -----------------------------------------------------------------------------------------------------
  const describe = (row) => {
    const target = moreOf.get("target")(row);
    at("details-alignment").textContent = target
      ? `target 5' ${target} 3'\n          ${moreOf.get("marks")(row)}\nmiRNA  3' ${moreOf.get("mirna")(row)} 5'`
      : "No alignment: no stable duplex, or the table has no sequences.";
    at("details-source").textContent = !target ? "" : moreOf.get("explained")(row)
      ? "Explained: the alignment that collects most of what the model's attributions give (attrib-align)."
      : "Computed: the most stable duplex (ViennaRNA) of the pair with most reads. | Watson-Crick, : G:U.";
    return {
      title: `${moreOf.get("name")(row)} on ${moreOf.get("gene")(row)}`,
      place: [moreOf.get("place")(row), cell("region", row), cell("site_type", row)].filter((text) => text !== ".").join(" · "),
    };
  };
  const read = (name) => (row) => cell(name, row);
  const PRINTED = [[moreOf.get("name")], [moreOf.get("gene")], [read("region")], [moreOf.get("place")], [read("n_reads"), true],
    [read("n_samples"), true], [read("site_type")], [read("q_value"), true]];
  const SEARCHED = ["site_id", "mirna_id", "gene_name", "gene_id", "target_id", "chrom", "top_form", "top_pair"];
  return {
    count, columns, shown, tests, describe,
    noun: "site", file: "sites.tsv", anchor: "#all-sites", link: "#site=",
    identify: (row) => cell("site_id", row),
    everything: (row) => SEARCHED.map((name) => cell(name, row)).join("\t") + "\t" + moreOf.get("place")(row),
    filters: {mirna_id: "filter-mirna", mirna: "filter-mirna", gene: "filter-gene", region: "filter-region", site_type: "filter-type"},
    printed: (row) => PRINTED.map(([text, numeric]) => [text(row), numeric]),
  };
});
