# Reads mails with Sisimai for as long as they come: on stdin a line with a mail's bytes, then the mail; on stdout a line with how many
# recipients it found, -1 where it died.
use strict;
use warnings;
use Sisimai;

$| = 1;
open STDERR, '>', '/dev/null' or die;
print Sisimai->version, "\n";
while (my $size = <STDIN>) {
    read(STDIN, my $mail, $size) == $size or last;
    my $found = eval { Sisimai->make(\$mail) };
    print $@ ? -1 : defined $found ? scalar @$found : 0, "\n";
}
