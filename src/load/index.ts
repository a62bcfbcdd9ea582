/** The load generator. */
export { runLoad, type Phase, type Progress, type RunOptions } from './run.ts';
export type { LoadPlan, Stage } from './plan.ts';
export type {
  Bounds,
  ClientFigures,
  Environment,
  LatencySummary,
  LoadResult,
  MachineFigures,
  MeasuredLatency,
  Second,
  SecondFigures,
  ServerFigures,
  Verdict,
} from './result.ts';
export type { LoadModule } from './payload.ts';
export {
  calibrate,
  type Calibration,
  type CalibrationCase,
  type CalibrationRow,
  type Instrument,
} from './calibrate.ts';
export { findKnee, type KneeOptions, type KneeResult, type KneeTrial } from './find-knee.ts';
export { checkThreshold, parseThreshold, type Checked, type Threshold } from './threshold.ts';
