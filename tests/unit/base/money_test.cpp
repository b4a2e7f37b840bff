#include "base/money.hpp"

#include <catch2/catch.hpp>

using namespace errand;

TEST_CASE("money: what is not nothing never looks like nothing", "[base][money]") {
  CHECK(format_usd(0) == "$0.0000");
  CHECK(format_usd(12.5) == "$12.5000");
  CHECK(format_usd(0.0312) == "$0.0312");
  CHECK(format_usd(0.0012) == "$0.0012");
  CHECK(format_usd(0.00042) == "$0.00042");
  CHECK(format_usd(0.00001) == "$0.000010");
  CHECK(format_usd(0.000000123) == "$0.00000012");
  CHECK(format_usd(0.1 + 0.2 - 0.3) == "$0.0000");
}
