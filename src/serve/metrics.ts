/** Upper bounds of the histograms, in seconds. */
const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900] as const;

type Labels = Readonly<Record<string, string>>;

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

function printLabels(labels: Labels): string {
  const quote = (value: string) => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${quote(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

/** A value that is asked for at each scrape. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly values: readonly { readonly labels?: Labels; readonly value: number }[];
}

/** Counts and durations, in the text format of Prometheus. Labels are names of models, routes and codes: never of inputs. */
export class Metrics {
  private readonly helps = new Map<string, string>();
  private readonly counters = new Map<string, Map<string, number>>();
  private readonly histograms = new Map<string, Map<string, { labels: Labels; histogram: Histogram }>>();

  /** Declares a metric, so that it is listed before its first event. */
  declare(name: string, kind: 'counter' | 'histogram', help: string): void {
    this.helps.set(name, help);
    if (kind === 'counter') this.counters.set(name, new Map());
    else this.histograms.set(name, new Map());
  }

  count(name: string, labels: Labels, by = 1): void {
    const series = this.counters.get(name) as Map<string, number>;
    const key = printLabels(labels);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  observe(name: string, labels: Labels, seconds: number): void {
    const series = this.histograms.get(name) as Map<string, { labels: Labels; histogram: Histogram }>;
    const key = printLabels(labels);
    const { histogram } = series.get(key) ?? { histogram: { counts: BOUNDS.map(() => 0), sum: 0, count: 0 } };
    BOUNDS.forEach((bound, i) => {
      if (seconds <= bound) histogram.counts[i]++;
    });
    histogram.sum += seconds;
    histogram.count++;
    series.set(key, { labels, histogram });
  }

  /** Mean of everything observed under a name, in seconds; undefined before the first. */
  mean(name: string): number | undefined {
    const series = [...(this.histograms.get(name)?.values() ?? [])];
    const count = series.reduce((sum, { histogram }) => sum + histogram.count, 0);
    return count === 0 ? undefined : series.reduce((sum, { histogram }) => sum + histogram.sum, 0) / count;
  }

  print(gauges: readonly Gauge[]): string {
    const lines: string[] = [];
    const head = (name: string, help: string, kind: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const { name, help, values } of gauges) {
      head(name, help, 'gauge');
      for (const { labels = {}, value } of values) lines.push(`${name}${printLabels(labels)} ${value}`);
    }
    for (const [name, series] of this.counters) {
      head(name, this.helps.get(name) as string, 'counter');
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
    }
    for (const [name, series] of this.histograms) {
      head(name, this.helps.get(name) as string, 'histogram');
      for (const { labels, histogram } of series.values()) {
        const bucket = (le: string, value: number) => `${name}_bucket${printLabels({ ...labels, le })} ${value}`;
        lines.push(...BOUNDS.map((bound, i) => bucket(String(bound), histogram.counts[i])));
        lines.push(bucket('+Inf', histogram.count));
        lines.push(`${name}_sum${printLabels(labels)} ${histogram.sum}`);
        lines.push(`${name}_count${printLabels(labels)} ${histogram.count}`);
      }
    }
    return `${lines.join('\n')}\n`;
  }
}
