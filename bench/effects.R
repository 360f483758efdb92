# CPU seconds of MatchIt's nearest neighbour matching, and its pairs: Rscript bench/effects.R people.csv pairs.csv
suppressMessages(library(MatchIt))
file <- commandArgs(trailingOnly = TRUE)
people <- read.csv(file[1])
seconds <- sum(system.time(found <- matchit(treated ~ age + prior + score, data = people))[1:2])
pairs <- data.frame(treated = as.integer(rownames(found$match.matrix)), control = as.integer(found$match.matrix[, 1]))
write.csv(pairs, file[2], row.names = FALSE)
cat(seconds, as.character(packageVersion("MatchIt")))
