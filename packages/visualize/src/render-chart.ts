/** Charts: vega-lite's specification → vega → SVG, without a browser or a canvas. */
import type { Config, TopLevelSpec } from "vega-lite";
import type { Figure } from "./figure.js";
import { FONT_FAMILY, fittedText, textWidth, writableText } from "./svg-text.js";

/** How vega measures words: its types lack it. */
interface TextMetrics {
  width: (item: { readonly fontSize?: number; readonly fontWeight?: string | number }, text: string | null) => number;
}

const TITLE_WEIGHT = 600;

const PADDING = 16;
const TITLE_SIZE = 16;
const CAPTION_SIZE = 12;
/** How much wider than regular letters those of a title are. */
const TITLE_FACTOR = 1.12;
const MOST_TITLE_LINES = 3;

/** The look of all charts. */
const theme: Config = {
  background: "white",
  font: FONT_FAMILY,
  padding: PADDING,
  title: { anchor: "start", fontSize: TITLE_SIZE, fontWeight: TITLE_WEIGHT, color: "#222", subtitleColor: "#555", subtitleFontSize: CAPTION_SIZE, subtitlePadding: 4, offset: 14 },
  axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal", titleColor: "#333", labelColor: "#333", gridColor: "#e6e6e6", domainColor: "#888", tickColor: "#888", titlePadding: 10, labelLimit: 0 },
  legend: { symbolLimit: 10_000, labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal", titleColor: "#333", labelColor: "#333", symbolSize: 90, labelLimit: 0, rowPadding: 4 },
  view: { stroke: null },
  line: { strokeWidth: 2 },
};

/** What stands above a chart. */
export interface ChartTitle {
  readonly title: string;
  /** Smaller, below it. */
  readonly caption?: string | undefined;
}

/** The title for a specification whose chart is so wide: it is wrapped, and shortened, so that it widens no picture. */
function titleWithin({ title, caption }: ChartTitle, width: number): { text: string[]; subtitle?: string[] } {
  return {
    text: fittedText(writableText(title), width / TITLE_FACTOR, TITLE_SIZE, MOST_TITLE_LINES),
    ...(caption === undefined ? {} : { subtitle: fittedText(writableText(caption), width, CAPTION_SIZE, MOST_TITLE_LINES) }),
  };
}

/** Numbers clips and gradients by their order in the document: vega counts them through the life of the process. */
function withOwnIds(svg: string): string {
  const ids = new Map([...svg.matchAll(/ id="((?:gradient_|clip)\d+)"/g)].map(([, id], index) => [id, `definition${index}`]));
  return svg.replaceAll(/( id="|url\(#)((?:gradient_|clip)\d+)/g, (whole, before: string, id: string) => (ids.has(id) ? `${before}${ids.get(id)!}` : whole));
}

async function drawSpec(spec: TopLevelSpec): Promise<Figure> {
  // When first needed: they take longer to load than all else of a command that draws no chart.
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  const view = new vega.View(vega.parse(compile(spec, { config: theme }).spec), { renderer: "none" });
  const measured = textMetrics.width;
  let rendered: Promise<string>;
  try {
    // By our own table: vega would take a canvas where there is one, else four fifths of the font size a letter.
    textMetrics.width = ({ fontSize = 11, fontWeight }, text) => textWidth(text ?? "", fontSize) * (fontWeight === TITLE_WEIGHT ? TITLE_FACTOR : 1);
    // Nothing is loaded, so the layout, which measures, is done when this returns; what vega keeps for the whole process is ours until then.
    view.run();
    rendered = view.toSVG();
  } finally {
    textMetrics.width = measured;
  }
  const svg = withOwnIds(await rendered);
  view.finalize();
  const [, width, height] = /<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(svg)!;
  return { svg, width: Number(width), height: Number(height) };
}

/**
 * Draws a specification under a title that is no wider than the chart. The same one gives the same bytes, whatever else is drawn at the same time.
 */
export async function renderChart(spec: TopLevelSpec, title: ChartTitle): Promise<Figure> {
  // How wide a chart is, with its axes and legends, is known once it is drawn.
  const { width } = await drawSpec(spec);
  return drawSpec({ ...spec, title: titleWithin(title, width - 2 * PADDING) });
}
