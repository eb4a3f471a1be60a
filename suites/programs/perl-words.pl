# Makes lines of text, splits them, counts the words, sorts them by count.
use strict;
use warnings;

my ($state, %count, @lines) = (12345);

sub draw {
    $state = ($state * 1103515245 + 12345) % 2147483648;
    return int($state / 65536);
}

for my $line (1 .. 25000) {
    my $text = '';
    $text .= ' ' . ('w' . draw() % 3000) . ('a' x (draw() % 12)) for 1 .. 8;
    push @lines, $text if $line % 4 == 0;
    $count{$_}++ for split ' ', $text;
}
my @words = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
my $joined = join '|', map { uc } @lines;
print scalar(@words), " $words[0] $count{$words[0]} ", length($joined), "\n";
