import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

/** Says once more at the end why tests failed: who reads a long run reads its last lines. */
export default class Failures implements Reporter {
  private readonly seen: string[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === test.expectedStatus || result.status === 'skipped') return;
    const why = result.errors.map(({ message, location }) => `${message ?? ''}\n    at line ${location?.line ?? '?'}`);
    this.seen.push(`${test.titlePath().slice(2).join(' › ')}: ${result.status} after ${result.duration} ms`, ...why);
  }

  onEnd(_result: FullResult): void {
    for (const line of this.seen) process.stdout.write(`${line}\n`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
