package io.millrace.flink;

/** What came of a record, as a POJO. */
public class Judged {
  public double probability;
  public boolean label;
  public double weight;
  public double prior;
  public int last;
}
