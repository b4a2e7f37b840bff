#include "store/reference.hpp"

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::store;

TEST_CASE("reference: what a user writes is an id, a rank or a word", "[store][reference]") {
  const std::string id = "0197a3f0-0000-7000-8000-000000000000";
  struct Case {
    std::string text;
    Reference expected;
  };
  const std::vector<Case> cases = {
      {id, FullId{id}},
      {"latest", Rank{1}},
      {"-1", Rank{1}},
      {"-12", Rank{12}},
      {"0197", Word{"0197", true}},
      {"0197a3f0-0", Word{"0197a3f0-0", true}},
      {"019", Word{"019", false}},
      {"0197A3F0", Word{"0197A3F0", false}},
      {"beef", Word{"beef", true}},
      {"../x", Word{"../x", false}},
      {"release notes", Word{"release notes", false}},
      {"Überarbeitung", Word{"Überarbeitung", false}},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto parsed = parse_reference(c.text);
    REQUIRE(parsed);
    CHECK(*parsed == c.expected);
  }
}

TEST_CASE("reference: errors show what was written, harmlessly and shortened", "[store][reference]") {
  const auto error = parse_reference("\x1B]0;owned\x07" + std::string(500, 'x')).error();
  CHECK(error.kind == ErrorKind::usage);
  CHECK_THAT(error.message, !Catch::Contains("\x1B"));
  CHECK(error.message.size() < 300);
}
