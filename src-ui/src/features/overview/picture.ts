// The chart as a picture of its own: everything that it shows is written into it, and nothing is fetched.
import { seriesColour } from "@/lib/palette";
import { type Plot, plot, type Words } from "./plot";
import { type ChartData, type Metric, shortValue } from "./series";

export interface PictureOf {
  title: string;
  /** "November 21 – 27". */
  period: string;
  /** Under the sum: "▲ 12% than the 7 days before", "340 requests". */
  facts: string[];
  data: ChartData;
  metric: Metric;
  words: Words;
  /** What is compared; null: nothing. */
  against: string | null;
  dark: boolean;
}

export const PICTURE = { width: 1200, height: 630 };

const LIGHT = { page: "#ffffff", text: "#1b222b", muted: "#5a646f", line: "#e3e6ea", strong: "#c9ced4" };
const DARK = { page: "#171b21", text: "#e8ebee", muted: "#a3acb6", line: "#2b3139", strong: "#454d57" };
const FONT = "Inter, 'Segoe UI', 'Adwaita Sans', Cantarell, Ubuntu, 'Noto Sans', 'Liberation Sans', sans-serif";
const EDGE = 56;
/** How wide a letter of the legend and of the axes is, about. */
const [LETTER, LABEL] = [9.6, 9];
const ROW = 32;

// Control characters and halves of pairs are no XML, and one of them would leave no picture at all.
const xml = (text: string) =>
  text.replace(/[\p{Cc}\p{Cs}]/gu, "").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** An SVG document. */
export function picture(of: PictureOf): string {
  const colours = of.dark ? DARK : LIGHT;
  const legend = legendRows(of);
  const top = 170;
  const room = { width: PICTURE.width - 2 * EDGE, height: PICTURE.height - top - 40 - legend.rows * ROW };
  const drawn = plot(of.data, [], room, of.words, {
    whole: of.metric !== "spend",
    compared: of.against !== null,
    letter: LABEL,
  });
  const text = (x: number, y: number, size: number, fill: string, said: string, more = "") =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" ${more}>${xml(said)}</text>`;
  const facts = of.facts.join("  ·  ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE.width}" height="${PICTURE.height}" viewBox="0 0 ${PICTURE.width} ${PICTURE.height}" font-family="${FONT}">`,
    `<rect width="100%" height="100%" fill="${colours.page}"/>`,
    text(EDGE, 62, 24, colours.text, of.title, 'font-weight="600"'),
    text(PICTURE.width - EDGE, 62, 22, colours.muted, of.period, 'text-anchor="end"'),
    text(EDGE, 122, 46, colours.text, shortValue(of.metric, of.data.total), 'font-weight="600"'),
    text(PICTURE.width - EDGE, 120, 20, colours.muted, facts, 'text-anchor="end"'),
    `<g transform="translate(${EDGE} ${top - 16})">${chart(drawn, of, colours)}</g>`,
    `<g transform="translate(${EDGE} ${PICTURE.height - 40 - legend.rows * ROW + 22})">${legend.text(colours)}</g>`,
    text(PICTURE.width - EDGE, PICTURE.height - 22, 14, colours.muted, "Postern", 'text-anchor="end"'),
    "</svg>",
  ].join("");
}

function chart(drawn: Plot, of: PictureOf, colours: typeof LIGHT) {
  const label = (x: number, y: number, anchor: string, said: string) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="16" fill="${colours.muted}">${xml(said)}</text>`;
  return [
    ...drawn.ticks.map(
      ({ y, text }) =>
        `<path d="M${drawn.left} ${y}H${drawn.right}" stroke="${colours.line}"/>${label(drawn.left - 10, y + 5, "end", text)}`,
    ),
    ...of.data.series.map(
      ({ colour }, index) =>
        drawn.areas[index] && `<path d="${drawn.areas[index]}" fill="${seriesColour(colour, of.dark)}"/>`,
    ),
    drawn.line &&
      `<path d="${drawn.line}" fill="none" stroke="${colours.text}" stroke-opacity="0.55" stroke-width="1.5" stroke-dasharray="5 4"/>`,
    `<path d="M${drawn.left} ${drawn.bottom}H${drawn.right}" stroke="${colours.strong}"/>`,
    ...drawn.labels.map(({ x, text, anchor }) => label(x, drawn.height - 4, anchor, text)),
  ].join("");
}

/** Name and sum of each series, and what the line is, in as many rows as they need. */
function legendRows(of: PictureOf) {
  const entries: { name: string; value: string; fill: string | null }[] = of.data.series
    .filter(({ hidden }) => !hidden)
    .map(({ label, colour, total }) => ({
      name: cut(label, 34),
      value: shortValue(of.metric, total),
      fill: seriesColour(colour, of.dark),
    }));
  if (of.against !== null && of.data.buckets.some(({ before }) => before))
    entries.push({ name: of.against, value: "", fill: null });
  let [x, row] = [0, 0];
  const placed = entries.map((entry) => {
    const width = 22 + (entry.name.length + entry.value.length + 1) * LETTER + 20;
    if (x > 0 && x + width > PICTURE.width - 2 * EDGE) [x, row] = [0, row + 1];
    const place = { ...entry, x, y: row * ROW };
    x += width;
    return place;
  });
  return {
    rows: row + 1,
    text: (colours: typeof LIGHT) =>
      placed
        .map(
          ({ name, value, fill, x, y }) =>
            (fill
              ? `<rect x="${x}" y="${y - 12}" width="12" height="12" rx="3" fill="${fill}"/>`
              : `<path d="M${x - 4} ${y - 6}h20" stroke="${colours.text}" stroke-opacity="0.55" stroke-width="1.5" stroke-dasharray="5 4"/>`) +
            `<text x="${x + 20}" y="${y}" font-size="18" fill="${colours.muted}">${xml(name)} <tspan fill="${colours.text}">${xml(value)}</tspan></text>`,
        )
        .join(""),
  };
}

export const pictureUrl = (svg: string) => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;

/** The same as pixels, twice as fine as it is large. */
export async function png(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = pictureUrl(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PICTURE.width * 2;
  canvas.height = PICTURE.height * 2;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw the picture.");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be made."))), "image/png"),
  );
}
