#include "cli/shared_money.hpp"

#include <thread>

#include <catch2/catch.hpp>

using errand::cli::SharedMoney;

TEST_CASE("money: one case after another may spend what is left", "[cli][money]") {
  SharedMoney money(4, 3, 1);
  const auto first = money.take();
  CHECK(first.usd == 4);
  CHECK(first.is_all);
  money.give_back(first, 1);
  const auto second = money.take();
  CHECK(second.usd == 3);
  money.give_back(second, 3.5);  // its last reply was dearer than it was given
  CHECK(money.take().usd < 0);
}

TEST_CASE("money: cases that run together share what there is", "[cli][money]") {
  SharedMoney money(6, 4, 3);
  const auto first = money.take();
  const auto second = money.take();
  const auto third = money.take();
  CHECK(first.usd == 2);
  CHECK(second.usd == 2);
  CHECK(third.usd == 2);
  CHECK_FALSE(first.is_all);
  CHECK_FALSE(third.is_all);  // others have some
  money.give_back(second, 0.5);
  const auto last = money.take();
  CHECK(last.usd == 1.5);
  money.give_back(first, 2);
  money.give_back(third, 2);
  money.give_back(last, 1.5);
  CHECK(money.take().usd == 0);
}

TEST_CASE("money: the last case need leave nothing to others", "[cli][money]") {
  SharedMoney money(6, 1, 8);
  const auto only = money.take();
  CHECK(only.usd == 6);
  CHECK(only.is_all);
}

TEST_CASE("money: a case waits for what others may give back", "[cli][money]") {
  SharedMoney money(4, 3, 2);
  const auto cheap = money.take();
  const auto dear = money.take();
  money.give_back(dear, 2);
  double got = 0;
  {
    const std::jthread waiting([&] { got = money.take().usd; });
    money.give_back(cheap, 0.5);  // before or while it waits
  }
  CHECK(got == 1.5);
}
