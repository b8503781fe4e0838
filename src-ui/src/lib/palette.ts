// Okabe and Ito's colours, which people with any common colour blindness can tell apart, adjusted per theme so that
// each keeps a 3:1 contrast to the surface behind it. Yellow is left out: on white nothing saves it.
const LIGHT = ["#0072b2", "#d98a00", "#008a63", "#c0629a", "#3a9bd6", "#c75000", "#6b5fb5"];
const DARK = ["#4aa3e0", "#e9a93a", "#2fb68c", "#db8fbb", "#8ccbf2", "#e8783a", "#a297e3"];
const REST = { light: "#9aa1aa", dark: "#6d757f" };

/** How many series get a colour of their own; the others are summed up in grey. */
export const SERIES = LIGHT.length;

export const seriesColour = (index: number, dark: boolean) =>
  (dark ? DARK : LIGHT)[index] ?? (dark ? REST.dark : REST.light);
