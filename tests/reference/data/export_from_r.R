# Made the CSV files beside this script: Rscript export_from_r.R FOLDER
# R 4.2.2 (Debian 12): survival 3.5-3 (LGPL-2+), MatchIt 4.5.1 (GPL-2+), sandwich 3.0-2 (GPL-2 | GPL-3), MASS (GPL-2 | GPL-3).
folder <- commandArgs(TRUE)[1]
write <- function(d, name) write.csv(d, file.path(folder, name), row.names = FALSE, na = "")
library(survival)
p <- subset(pbc, id <= 312)
write(data.frame(years = p$time / 365.25, event = as.integer(p$status == 2), arm = as.integer(p$trt == 1)), "pbc.csv")
m <- mgus2
write(data.frame(id = m$id, age = m$age, sex = m$sex, mspike = m$mspike,
                 etime = with(m, ifelse(pstat == 0, futime, ptime)),
                 event = with(m, ifelse(pstat == 0, 2 * death, 1))), "mgus2.csv")
write(bladder2, "bladder2.csv")
write(cgd[, c("id", "treat", "sex", "age", "tstart", "tstop", "enum", "status")], "cgd.csv")
data(PetersenCL, package = "sandwich"); write(PetersenCL, "petersen.csv")
data(lalonde, package = "MatchIt"); write(lalonde, "lalonde.csv")
write(MASS::quine, "quine.csv")
