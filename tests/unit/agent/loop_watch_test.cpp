#include "agent/loop_watch.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace errand::agent {
namespace {

// What is said to each round, a letter each: '.' nothing, 't' the model is told, 'E' it is ended.
std::string verdicts(const std::string& rounds) {
  LoopWatch watch;
  std::string out;
  for (const char round : rounds) {
    if (round == '-') {
      watch.forget();
      continue;
    }
    switch (watch.add(std::string(1, round))) {
      case LoopWatch::Verdict::fine:
        out += '.';
        break;
      case LoopWatch::Verdict::tell:
        out += 't';
        break;
      case LoopWatch::Verdict::end:
        out += 'E';
        break;
    }
  }
  return out;
}

TEST_CASE("loop watch: circles of one to three rounds are told once and ended where they go on", "[agent][loop]") {
  struct Row {
    const char* rounds;
    const char* said;
  };
  const auto row = GENERATE(values<Row>({
      {"aaaaaaaaa", "..t....EE"},
      {"abababababababab", ".....t.........E"},
      {"abcabcabcabcabcabcabcabc", "........t..............E"},
      // four in turn are work that looks alike
      {"abcdabcdabcdabcdabcd", "...................."},
      // something else between them begins anew
      {"aabaabaa", "........"},
      {"aaabaaab", "..t...t."},
      {"aaa-aaa", "..t..t"},
      {"abcdefgh", "........"},
  }));
  CAPTURE(row.rounds);
  CHECK(verdicts(row.rounds) == row.said);
}

}  // namespace
}  // namespace errand::agent
