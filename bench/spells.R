# The clean rule in R's data.table, for bench/spells.py: CSV in, CSV out.
# Rscript bench/spells.R certificate_periods.csv spells.csv AS_OF GAP THREADS
given <- commandArgs(trailingOnly = TRUE)
suppressPackageStartupMessages(library(data.table))
setDTthreads(as.integer(given[5]))
as_of <- as.IDate(given[3])
gap <- as.integer(given[4])
periods <- fread(
  given[1], sep = ";",
  select = c(person_key = "character", certificate_id = "character", start_date = "IDate", end_date = "IDate",
             known_from = "IDate", known_until = "IDate"))
periods <- periods[known_from <= as_of & (is.na(known_until) | known_until > as_of)]
periods[, person := .GRP, by = person_key]
setorder(periods, person, start_date, end_date)
# one running maximum over all: each person's days lie behind those of the person before
line <- periods$person * 100000
farthest <- cummax(as.integer(periods$end_date) + line)
before <- c(-1, farthest[-length(farthest)]) - line
start <- as.integer(periods$start_date)
end <- as.integer(periods$end_date)
periods[, spell := cumsum(before < 0 | start - before - 1 > gap)]
periods[, fresh := pmax(end - pmax(start, before + 1) + 1, 0)]
made <- periods[, .(person_key = person_key[1L], start_date = min(start_date), end_date = max(end_date), days = sum(fresh)), by = spell]
made[, n_certificates := unique(periods, by = c("spell", "certificate_id"))[, .N, by = spell]$N]
fwrite(made[, .(person_key, start_date, end_date, days, n_certificates)], given[2])
cat("\n", grep("^VmHWM:", readLines("/proc/self/status"), value = TRUE), "\n", sep = "")
