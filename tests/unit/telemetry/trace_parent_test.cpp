#include "telemetry/trace_parent.hpp"

#include <catch2/catch.hpp>

namespace errand::telemetry {

constexpr const char* trace = "0af7651916cd43dd8448eb211c80319c";
constexpr const char* span = "b7ad6b7169203331";

TEST_CASE("traceparent: what W3C allows is read, and written again", "[telemetry][trace_parent]") {
  const auto read =
      parse_trace_parent(" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n", "vendor=x,other=y");
  REQUIRE(read);
  CHECK(*read == TraceParent{.trace_id = trace, .span_id = span, .sampled = true, .state = "vendor=x,other=y"});
  CHECK(to_string(*read) == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  CHECK(variables_of(*read) == Variables{{"TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                                         {"TRACESTATE", "vendor=x,other=y"}});
}

TEST_CASE("traceparent: of a later version what it has in common with ours counts", "[telemetry][trace_parent]") {
  const auto read = parse_trace_parent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02-more", "");
  REQUIRE(read);
  CHECK(*read == TraceParent{.trace_id = trace, .span_id = span, .sampled = false});
}

TEST_CASE("traceparent: what is none is refused", "[telemetry][trace_parent]") {
  const auto* const text = GENERATE("", "00", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                                    "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
                                    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more");
  CAPTURE(text);
  const auto read = parse_trace_parent(text, "");
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::failure);
}

TEST_CASE("traceparent: a tracestate that is none is dropped alone", "[telemetry][trace_parent]") {
  const auto state = GENERATE(std::string("a=\x1b[31m"), std::string(513, 'x'));
  const auto read = parse_trace_parent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", state);
  REQUIRE(read);
  CHECK(read->state.empty());
}

}  // namespace errand::telemetry
