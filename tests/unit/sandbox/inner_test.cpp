#include "sandbox/inner.hpp"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include "sandbox/seccomp.hpp"

using namespace errand;
using namespace errand::sandbox;

TEST_CASE("inner: a report is read whole, cut short or empty", "[sandbox][inner]") {
  using namespace std::string_literals;
  CHECK(parse_inner_report("") == InnerReport{});
  CHECK(parse_inner_report("landlock 7\0ready 1\0"s) == InnerReport{true, 7, "", 0});
  CHECK(parse_inner_report("landlock 7\0rea"s) == InnerReport{false, 7, "", 0});
  CHECK(parse_inner_report("failure no\nruleset\0"s) == InnerReport{false, 0, "no\nruleset", 0});
  CHECK(parse_inner_report("ready 1\0cannot_execute 2\0"s) == InnerReport{true, 0, "", 2});
}

TEST_CASE("inner: orders keep paths with blanks and line ends as they are", "[sandbox][inner]") {
  using namespace std::string_literals;
  InnerOrders orders;
  orders.writable = {"/w s", "/a\nb"};
  orders.limits = {{RLIMIT_CPU, 3, 8}};
  orders.filter_fd = 5;
  orders.report_fd = 6;
  const auto text = to_text(orders);
  CHECK(text == "writable /w s\0writable /a\nb\0limit 0 3 8\0filter 5\0report 6\0proxy -1\0"s);
  CHECK(to_text(parse_orders(text)) == text);
}

TEST_CASE("inner: the filter is whole instructions and the same every time", "[sandbox][inner]") {
  const auto filter = system_call_filter(SetGroupId::refused);
  REQUIRE(filter);
  CHECK(filter->size() % 8 == 0);
  CHECK(filter->size() > 500);
  CHECK(system_call_filter(SetGroupId::allowed)->size() < filter->size());
  CHECK(*system_call_filter(SetGroupId::refused) == *filter);
}
